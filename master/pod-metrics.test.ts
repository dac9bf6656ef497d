import { expect, test } from 'vitest';
import { type Pod, pods } from '../api/core/pod.ts';
import { storeKey } from '../api/meta/definition.ts';
import { silentLogger } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.fixture.ts';
import { Registry } from '../platform/metrics.ts';
import { PodMetrics } from './pod-metrics.ts';
import { memoryStore } from './store/memory.ts';
import { WatchCache } from './store/watch-cache.ts';

test('pods are counted by phase from the start, and with every change', async () => {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  const cache = new WatchCache({ store, resources: [pods], clock, log: silentLogger, metrics: new Registry() });
  const registry = new Registry();
  const metrics = new PodMetrics(cache, registry);
  const write = async (name: string, phase: string | undefined) => {
    const pod = { metadata: { namespace: 'default', name, uid: name }, status: { phase } } as Pod;
    const key = storeKey(pods, 'default', name);
    const op = phase ? { type: 'put' as const, key, value: JSON.stringify(pod) } : { type: 'delete' as const, key };
    await cache.waitFor((await store.commit({ compares: [], ops: [op] })).revision);
  };
  const counted = async () => {
    const values = (await registry.getMetricsAsJSON())[0]?.values ?? [];
    return Object.fromEntries(values.map(({ labels, value }) => [labels.phase, value]));
  };
  const none = { Pending: 0, Running: 0, Succeeded: 0, Failed: 0, Unknown: 0 };

  await cache.start();
  await write('first', 'Running');
  await metrics.start();
  expect(await counted()).toEqual({ ...none, Running: 1 });
  await write('second', 'Pending');
  await write('third', 'Nonsense');
  expect(await counted()).toEqual({ ...none, Running: 1, Pending: 1, Unknown: 1 });
  await write('second', 'Running');
  await write('first', undefined);
  expect(await counted()).toEqual({ ...none, Running: 1, Unknown: 1 });
  await metrics.stop();
  await cache.stop();
  await store.close();
});
