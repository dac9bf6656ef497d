import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { namespaces } from '../../api/core/namespace.ts';
import { nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { resources } from '../../api/registry.ts';
import { type Logger, silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { seededRng } from '../../platform/rng.ts';
import type { Term } from '../leadership.ts';
import { createObjects } from '../objects/create-objects.ts';
import type { Objects } from '../objects/objects.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { createScheduler, type SchedulerService } from './create-scheduler.ts';
import { Scheduler } from './scheduler.ts';

const CONTEXT = { user: 'tester' };

let clock: ManualClock;
let store: Store;
let cache: WatchCache;
let objects: Objects;
let scheduler: SchedulerService;
let errors: string[];

beforeEach(async () => {
  clock = new ManualClock();
  store = memoryStore({ clock });
  errors = [];
  const log: Logger = { ...silentLogger, error: (_, message) => void errors.push(message ?? '') };
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  const rng = seededRng(1);
  objects = createObjects({ store, cache, clock, rng, admission: [] });
  const events = { record: () => undefined };
  scheduler = createScheduler({ cache, objects, events, clock, rng, log, metrics: new Registry() });
  await objects.create(namespaces, { metadata: { name: 'default' } }, CONTEXT);
  const allocatable = { cpu: '4', memory: '8Gi', pods: '10' };
  await objects.create(nodes, { metadata: { name: 'n1' }, status: { allocatable } }, CONTEXT);
  await scheduler.start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await scheduler.stop();
  await cache.stop();
  await store.close();
});

const term = (): { term: Term; end: () => void } => {
  const ended = new AbortController();
  return { term: { fence: { key: '/leader', modRevision: 0 }, signal: ended.signal }, end: () => ended.abort() };
};

async function make(name: string): Promise<void> {
  const containers = [{ name: 'main', image: 'a:1' }];
  await objects.create(pods, { metadata: { name, namespace: 'default' }, spec: { containers } } as Pod, CONTEXT);
  await cache.waitFor(await store.revision());
}

const nodeOf = (name: string) => cache.get(pods, 'default', name)?.spec?.nodeName;

/** Lets so much time pass, and all that comes of it happen. */
async function pass(ms: number): Promise<void> {
  for (const step of [ms, 0, 0, 0]) {
    await clock.advance(step);
    await cache.waitFor(await store.revision());
  }
}

test('binds while it leads, and only then', async () => {
  await make('early');
  await pass(1000);
  expect(nodeOf('early')).toBeUndefined();

  const first = term();
  scheduler.lead(first.term);
  await pass(1);
  expect(nodeOf('early')).toBe('n1');

  first.end();
  await make('late');
  await pass(1000);
  expect(nodeOf('late')).toBeUndefined();

  scheduler.lead(term().term);
  await pass(1);
  expect(nodeOf('late')).toBe('n1');
});

test('a pass that fails ends nothing: the model is made anew, and the loop goes on', async () => {
  scheduler.lead(term().term);
  vi.spyOn(Scheduler.prototype, 'decide').mockImplementationOnce(() => {
    throw new Error('a fault of ours');
  });
  await make('one');
  await pass(1);
  expect(nodeOf('one')).toBeUndefined();
  expect(errors).toEqual(['a pass of the scheduler failed; its model is made anew']);
  await make('two');
  await pass(1000);
  expect([nodeOf('one'), nodeOf('two')]).toEqual(['n1', 'n1']);
});

test('an object that cannot be taken in keeps nobody else from being placed', async () => {
  scheduler.lead(term().term);
  const setPod = Scheduler.prototype.setPod;
  vi.spyOn(Scheduler.prototype, 'setPod').mockImplementation(function (this: Scheduler, pod: Pod) {
    if (pod.metadata?.name === 'poison') throw new Error('a fault of ours');
    setPod.call(this, pod);
  });
  await make('poison');
  await make('well');
  await pass(1);
  expect(nodeOf('well')).toBe('n1');
  expect(nodeOf('poison')).toBeUndefined();
  expect(errors).toContain('not taken in by the scheduler');
});
