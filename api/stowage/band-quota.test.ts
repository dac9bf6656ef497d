import { expect, test } from 'vitest';
import { created, lines, printed } from '../sample.suite.ts';
import { bandQuotas } from './band-quota.ts';

const quota = (hard: object) =>
  created(bandQuotas, { metadata: { name: 'team-a', namespace: 'default' }, spec: { hard } });

test.each<[string, object, string[]]>([
  ['any resource', { production: { cpu: '1500m', memory: '1Gi', pods: '3', 'example.com/gpu': '2' } }, []],
  [
    'three bands',
    { monitoring: { 'ephemeral-storage': '1Gi' }, production: {}, batch: { 'hugepages-2Mi': '4Mi' } },
    [],
  ],
  [
    'free',
    { free: { cpu: '1' } },
    ['spec.hard.free: Forbidden: the free band has no limit: its pods run on what nobody else wants; leave it out'],
  ],
  [
    'a word of ResourceQuota',
    { batch: { 'requests.cpu': '1' } },
    [
      'spec.hard.batch[requests.cpu]: Invalid value: "requests.cpu": must be cpu, memory, ephemeral-storage, pods, hugepages-SIZE or a qualified name such as example.com/gpu (write cpu: quotas count requests)',
    ],
  ],
  [
    'negative',
    { batch: { cpu: '-1' } },
    ['spec.hard.batch[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  ],
  ['half a pod', { batch: { pods: '500m' } }, ['spec.hard.batch[pods]: Invalid value: "500m": must be an integer']],
])('%s', (_, hard, faults) => {
  expect(lines(quota(hard).faults)).toEqual(faults);
});

test('the table shows used of granted, band by band', () => {
  const { object } = quota({ production: { memory: '16Gi', cpu: '10' }, batch: { pods: '5' } });
  const fresh = printed(bandQuotas, object, 0);
  expect(fresh).toMatchObject({ Monitoring: '<none>', Production: 'cpu 0/10, memory 0/16Gi', Batch: 'pods 0/5' });
  object.status = {
    hard: object.spec?.hard,
    used: { production: { cpu: '8500m', memory: '4Gi' }, batch: { pods: '5' } },
  };
  const later = printed(bandQuotas, object, 0);
  expect(later).toMatchObject({ Production: 'cpu 8500m/10, memory 4Gi/16Gi', Batch: 'pods 5/5' });
});

test('a band that is none is unknown, and told of', () => {
  expect(() => quota({ prodcution: { cpu: '1' } })).toThrow('spec.hard.prodcution');
});
