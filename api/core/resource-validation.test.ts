import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareQuantities } from '../meta/quantity.ts';
import { created, lines, podOf } from '../sample.suite.ts';
import { nodes } from './node.ts';
import { pods } from './pod.ts';
import { quantityOf, unitsOf } from './resource-units.ts';
import { validateAmounts } from './resource-validation.ts';

const MOST = 2 ** 53 - 1;

test.each<[string, string, string | undefined]>([
  ['cpu', '-1m', 'must be greater than or equal to 0'],
  ['cpu', '0.0001', undefined],
  ['cpu', '9007199254740991m', undefined],
  ['cpu', '9007199254740992m', `must be less than or equal to ${MOST}m`],
  ['cpu', '1e40', `must be less than or equal to ${MOST}m`],
  ['memory', `${MOST}`, undefined],
  ['memory', '8Pi', `must be less than or equal to ${MOST}`],
  ['memory', '7Ei', `must be less than or equal to ${MOST}`],
  ['memory', '1500m', undefined],
  ['example.com/gpu', `${MOST}`, undefined],
  ['example.com/gpu', '1e60', `must be less than or equal to ${MOST}`],
  ['example.com/gpu', '1500m', 'must be an integer'],
  ['example.com/gpu', '1n', 'must be an integer'],
  ['pods', '1500m', 'must be an integer'],
])('%s: %s', (name, amount, fault) => {
  const found = lines(validateAmounts({ [name]: amount }, 'x'));
  expect(found).toEqual(fault ? [`x[${name}]: Invalid value: ${JSON.stringify(amount)}: ${fault}`] : []);
});

describe('a node', () => {
  test('has amounts that can be counted', () => {
    const status = { capacity: { cpu: '-4', memory: '1e30' }, allocatable: { 'example.com/gpu': '1500m' } };
    const { faults } = created(nodes, { metadata: { name: 'n1' }, status });
    expect(faults.map(({ path }) => path)).toEqual([
      ...['status.capacity[cpu]', 'status.capacity[memory]', 'status.allocatable[example.com/gpu]'],
    ]);
  });
});

describe('a pod', () => {
  const faults = (spec: object, container: object = {}) => lines(created(pods, podOf(spec, container)).faults);
  const asks = (requests: object, limits: object = {}) => ({ resources: { requests, limits } });

  test.each<[string, object, object, string[]]>([
    ['the sum of its parts', asks({ cpu: '2' }), asks({ cpu: '2' }), []],
    ['more than its parts', asks({ cpu: '3' }), asks({ cpu: '2' }), []],
    [
      'less than its parts',
      asks({ cpu: '1' }),
      asks({ cpu: '2' }),
      [
        'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
      ],
    ],
    ['nothing of what its parts ask for', asks({ memory: '1Gi' }), asks({ cpu: '2' }), []],
    [
      'a lower limit than a part',
      asks({}, { cpu: '1' }),
      asks({ cpu: '100m' }, { cpu: '2' }),
      ['spec.containers[0].resources.limits[cpu]: Invalid value: "2": must be less than or equal to pod limits of 1'],
    ],
  ])('as a whole asks for %s', (_, spec, container, expected) => {
    expect(faults(spec, container)).toEqual(expected);
  });

  test('of many containers asks for no less than they do at once', () => {
    const part = (name: string, cpu: string) => ({ name, image: 'a:1', ...asks({ cpu }) });
    const spec = { containers: [part('a', '1'), part('b', '1')], initContainers: [part('c', '3')] };
    expect(faults({ ...spec, ...asks({ cpu: '2' }) })).toEqual([
      'spec.resources.requests[cpu]: Invalid value: "2": must be greater than or equal to aggregate container requests of 3',
    ]);
    expect(faults({ ...spec, ...asks({ cpu: '3' }) })).toEqual([]);
  });

  test('has an overhead of real resources', () => {
    expect(faults({ overhead: { cpu: '250m', memory: '64Mi' } })).toEqual([]);
    expect(faults({ overhead: { cpu: '-1' } })).toEqual([
      'spec.overhead[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    ]);
    expect(faults({ overhead: { speed: '1' } })).toHaveLength(2);
  });
});

test('amounts in units and back', () => {
  const name = fc.constantFrom('cpu', 'memory', 'ephemeral-storage', 'hugepages-2Mi', 'pods', 'example.com/gpu');
  fc.assert(
    fc.property(name, fc.integer({ min: 0, max: MOST }), fc.nat(40), (resource, amount, shift) => {
      const units = Math.floor(amount / 2 ** shift);
      expect(unitsOf(resource, quantityOf(resource, units))).toBe(units);
      const exact = resource === 'cpu' ? `${units}m` : `${units}`;
      expect(compareQuantities(quantityOf(resource, units), exact)).toBe(0);
    }),
  );
  expect([quantityOf('memory', 4 * 2 ** 30), quantityOf('cpu', 2000), quantityOf('pods', 1024)]).toEqual([
    '4Gi',
    '2',
    '1024',
  ]);
});
