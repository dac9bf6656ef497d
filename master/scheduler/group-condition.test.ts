import { afterEach, beforeEach, expect, test } from 'vitest';
import { resources } from '../../api/registry.ts';
import { type PodGroup, podGroups } from '../../api/stowage/pod-group.ts';
import { xPodGroups } from '../../api/stowage/x-pod-group.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { seededRng } from '../../platform/rng.ts';
import { createObjects } from '../objects/create-objects.ts';
import type { EventNote } from '../objects/events.ts';
import type { Objects } from '../objects/objects.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { createExecutors, type Executors } from './carry-out.ts';

/** What the scheduler decides of a gang, carried out on a store. */

const CONTEXT = { user: 'tester' };

let store: Store;
let cache: WatchCache;
let objects: Objects;
let executors: Executors;
let clock: ManualClock;
let notes: EventNote[];

beforeEach(async () => {
  clock = new ManualClock();
  store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  const rng = seededRng(1);
  objects = createObjects({ store, cache, clock, rng, admission: [] });
  notes = [];
  const events = { record: (note: EventNote) => void notes.push(note) };
  const fence = { key: '/leader', modRevision: 0 };
  const context = { cache, objects, events, clock, rng, log: silentLogger, metrics: new Registry() };
  executors = createExecutors(context, { fence, signal: new AbortController().signal });
});

afterEach(async () => {
  await cache.stop();
  await store.close();
});

const spec = { minMember: 3, scheduleTimeoutSeconds: 60 };
const gang = { type: 'group', namespace: 'shop', group: { apiGroup: 'stowage.dev', name: 'g' } } as const;
const readBack = (): PodGroup => cache.get(podGroups, 'shop', 'g')!;
const condition = () => readBack().status?.conditions?.find(({ type }) => type === 'Scheduled');

test('a PodGroup says in a condition whether its pods have their places', async () => {
  await objects.create(podGroups, { metadata: { name: 'g', namespace: 'shop' }, spec }, CONTEXT);
  await cache.waitFor(await store.revision());
  const setPhase = (group: PodGroup) => {
    group.status = { ...group.status, phase: 'Scheduling', scheduled: 1 };
  };
  await objects.update(podGroups, 'shop', 'g', setPhase, CONTEXT, { part: 'status' });

  await executors.group({ ...gang, phase: 'Pending', message: 'room for 1 of 3' });
  await cache.waitFor(await store.revision());
  const since = condition()?.lastTransitionTime;
  expect(condition()).toEqual({
    type: 'Scheduled',
    status: 'False',
    reason: 'Pending',
    message: 'room for 1 of 3',
    observedGeneration: 1,
    lastTransitionTime: since,
  });

  await clock.advance(60_000);
  await executors.group({ ...gang, phase: 'TimedOut', message: 'not placed within 60 s' });
  await cache.waitFor(await store.revision());
  expect(condition()).toMatchObject({ status: 'False', reason: 'TimedOut', lastTransitionTime: since });

  await executors.group({ ...gang, phase: 'Scheduled', message: '3 pods placed together' });
  await cache.waitFor(await store.revision());
  expect(condition()).toMatchObject({ status: 'True', reason: 'Scheduled' });
  expect(condition()?.lastTransitionTime).not.toBe(since);
  expect(readBack().status).toMatchObject({ phase: 'Scheduling', scheduled: 1 });
  expect(notes.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
    'Warning GangPending',
    'Warning GangTimedOut',
    'Normal GangScheduled',
  ]);
});

test('one of the scheduler plugins, which has no conditions, gets an event; one that is gone, nothing', async () => {
  await objects.create(xPodGroups, { metadata: { name: 'g', namespace: 'shop' }, spec }, CONTEXT);
  await cache.waitFor(await store.revision());
  const before = await store.revision();
  const theirs = { ...gang, group: { apiGroup: 'scheduling.x-k8s.io', name: 'g' } } as const;
  await executors.group({ ...theirs, phase: 'TimedOut', message: 'not placed within 60 s' });
  await executors.group({ ...gang, phase: 'TimedOut', message: 'not placed within 60 s' });
  expect(notes.map(({ reason, about }) => `${reason} ${about.apiVersion}`)).toEqual([
    'GangTimedOut scheduling.x-k8s.io/v1alpha1',
  ]);
  expect(await store.revision()).toBe(before);
});
