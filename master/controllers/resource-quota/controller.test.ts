import { expect, test } from 'vitest';
import { configMaps } from '../../../api/core/config-map.ts';
import { pods } from '../../../api/core/pod.ts';
import { type ResourceQuota, resourceQuotas } from '../../../api/core/resource-quota.ts';
import { World } from '../kit/world.suite.ts';
import { podSpec, reportEnd } from '../samples.suite.ts';
import { resourceQuotaController } from './controller.ts';

const quota = (hard: Record<string, string>, scopes?: 'BestEffort'[]): ResourceQuota => ({
  metadata: { name: 'share', namespace: 'shop' },
  spec: { hard, scopes },
});
const podOf = (name: string, cpu?: string) => {
  const spec = podSpec();
  if (cpu) spec.containers[0]!.resources = { requests: { cpu } };
  return { metadata: { name, namespace: 'shop' }, spec };
};

test('a quota shows what is used, and follows it, writing at most once a second', () => {
  const world = new World([resourceQuotaController()]);
  const made = world.create(pods, podOf('a', '1500m'));
  world.create(configMaps, { metadata: { name: 'a', namespace: 'shop' } });
  const hard = {
    'requests.cpu': '4',
    cpu: '4',
    pods: '9',
    'count/pods': '9',
    configmaps: '2',
    'requests.memory': '1Gi',
  };
  world.create(resourceQuotas, quota(hard));
  world.settle();
  const status = () => world.get(resourceQuotas, 'shop', 'share')?.status;
  expect(status()).toEqual({
    hard,
    used: {
      'requests.cpu': '1500m',
      cpu: '1500m',
      pods: '1',
      'count/pods': '1',
      configmaps: '1',
      'requests.memory': '0',
    },
  });
  world.takeTranscript();
  world.create(pods, podOf('b', '1'));
  reportEnd(world, made, 'Succeeded');
  world.settle();
  expect(world.takeTranscript()).toEqual([]);
  world.advance(1_000);
  world.settle();
  expect(world.takeTranscript()).toEqual(['resource-quota: update resourcequota share status']);
  expect(status()?.used).toMatchObject({ 'requests.cpu': '1', pods: '1', 'count/pods': '2' });
});

test('a scoped quota shows what is in its scopes', () => {
  const world = new World([resourceQuotaController()]);
  world.create(pods, podOf('a', '1'));
  world.create(pods, podOf('b'));
  world.create(resourceQuotas, quota({ pods: '5' }, ['BestEffort']));
  world.settle();
  expect(world.get(resourceQuotas, 'shop', 'share')?.status?.used).toEqual({ pods: '1' });
});
