import { describe, expect, test } from 'vitest';
import { created, lines, printed } from '../sample.suite.ts';
import { endpoints } from './endpoints.ts';
import { limitRanges } from './limit-range.ts';
import { resourceQuotas } from './resource-quota.ts';

const meta = { metadata: { name: 'a', namespace: 'default' } };

describe('resource quotas', () => {
  const faultsOf = (spec: object) => lines(created(resourceQuotas, { ...meta, spec }).faults);
  test.each<[object, string[]]>([
    [{ hard: { 'requests.nvidia.com/gpu': '1', 'count/widgets.example.com': '2', 'hugepages-2Mi': '4Mi' } }, []],
    [
      { hard: { cpus: '1' } },
      ['spec.hard[cpus]: Invalid value: "cpus": must be a standard resource type or fully qualified'],
    ],
    [{ hard: { pods: '1500m' } }, ['spec.hard[pods]: Invalid value: "1500m": must be an integer']],
    [{ hard: { cpu: '-1' } }, ['spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0']],
    [
      { scopes: ['BestEffort', 'NotBestEffort'] },
      ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
    ],
    [
      { hard: { cpu: '1' }, scopes: ['BestEffort'] },
      ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
    ],
    [
      { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] } },
      [
        "spec.scopeSelector.matchExpressions[0].values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      ],
    ],
  ])('%j', (spec, expected) => {
    expect(faultsOf(spec)).toEqual(expected);
  });

  test('print limits apart from all else', () => {
    const { object } = created(resourceQuotas, meta);
    object.status = { hard: { 'limits.cpu': '2', pods: '5', cpu: '1' }, used: { pods: '2' } };
    expect(printed(resourceQuotas, object, 0)).toMatchObject({
      Request: 'cpu: 0/1, pods: 2/5',
      Limit: 'limits.cpu: 0/2',
    });
  });
});

describe('limit ranges', () => {
  const make = (item: object) => created(limitRanges, { ...meta, spec: { limits: [item] } });

  test('fill defaults from bounds', () => {
    const { object } = make({
      type: 'Container',
      max: { cpu: '2', memory: '1Gi' },
      default: { cpu: '1' },
      min: { disk: '1' },
    });
    expect(object.spec?.limits[0]).toMatchObject({
      default: { cpu: '1', memory: '1Gi' },
      defaultRequest: { cpu: '1', memory: '1Gi', disk: '1' },
    });
  });

  test.each<[object, string[]]>([
    [
      { type: 'Pod', max: { cpu: '1' }, min: { cpu: '2' } },
      ['.min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
    ],
    [{ type: 'Pod', default: { cpu: '1' } }, [".default: Forbidden: may not be specified when `type` is 'Pod'"]],
    [
      { type: 'PersistentVolumeClaim' },
      ['.limits: Required value: either minimum or maximum storage value is required, but neither was provided'],
    ],
    [
      { type: 'Pod', maxLimitRequestRatio: { cpu: '500m' } },
      ['.maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'],
    ],
    [{ type: 'Box' }, ['.type: Invalid value: "Box": must be a standard limit type or fully qualified']],
  ])('%j', (item, expected) => {
    expect(lines(make(item).faults)).toEqual(expected.map((line) => `spec.limits[0]${line}`));
  });
});

test('endpoints print three addresses with their ports, and how many more there are', () => {
  const addresses = ['10.0.0.1', '10.0.0.2', 'fd00::1', '10.0.0.4'].map((ip) => ({ ip }));
  const { object, faults } = created(endpoints, { ...meta, subsets: [{ addresses, ports: [{ port: 80 }] }] });
  expect(lines(faults)).toEqual([]);
  expect(printed(endpoints, object, 0).Endpoints).toBe('10.0.0.1:80,10.0.0.2:80,[fd00::1]:80 + 1 more...');
  const loop = created(endpoints, { ...meta, subsets: [{ addresses: [{ ip: '127.0.0.1' }] }, {}] });
  expect(lines(loop.faults)).toEqual([
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'subsets[1]: Required value: must specify `addresses` or `notReadyAddresses`',
  ]);
});
