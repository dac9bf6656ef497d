import { expect, test } from 'vitest';
import { namespaces } from '../api/core/namespace.ts';
import { resources } from '../api/registry.ts';
import { BANDS } from '../api/scheduling/bands.ts';
import { priorityClasses } from '../api/scheduling/priority-class.ts';
import {
  defaultSchedulingPolicy,
  type SchedulingPolicy,
  schedulingPolicies,
} from '../api/stowage/scheduling-policy.ts';
import { silentLogger } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.fixture.ts';
import { Registry } from '../platform/metrics.ts';
import { seededRng } from '../platform/rng.ts';
import { bootstrap } from './bootstrap.ts';
import { standardAdmission } from './objects/admission/standard.ts';
import { createObjects } from './objects/create-objects.ts';
import { memoryStore } from './store/memory.ts';
import { WatchCache } from './store/watch-cache.ts';

test('a cell gets its namespaces, classes and policy once, and keeps what was made of them', async () => {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  const cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  const objects = createObjects({ store, cache, clock, rng: seededRng(1), admission: standardAdmission() });
  // Two masters that start at once.
  await Promise.all([bootstrap(cache, objects), bootstrap(cache, objects)]);
  await cache.waitFor(await store.revision());
  expect(cache.list(namespaces).map(({ metadata }) => metadata?.name)).toContain('kube-system');
  for (const { name } of BANDS) expect(cache.get(priorityClasses, undefined, name)).toBeDefined();
  const policy = () => cache.get(schedulingPolicies, undefined, 'default');
  expect(policy()?.spec).toEqual(defaultSchedulingPolicy());
  const change = (next: SchedulingPolicy) => {
    next.spec!.crashAvoidance = { failures: 7, windowSeconds: 60, avoidSeconds: 0 };
  };
  await objects.update(schedulingPolicies, undefined, 'default', change, { user: 'tester' });
  await cache.waitFor(await store.revision());
  const before = cache.revision;
  await bootstrap(cache, objects);
  expect(await store.revision()).toBe(before);
  expect(policy()?.spec?.crashAvoidance?.failures).toBe(7);
  await cache.stop();
  await store.close();
});
