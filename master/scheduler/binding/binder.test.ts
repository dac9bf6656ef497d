import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { isApiError } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { resources } from '../../../api/registry.ts';
import { timestamp } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { Registry } from '../../../platform/metrics.ts';
import { seededRng } from '../../../platform/rng.ts';
import { createObjects } from '../../objects/create-objects.ts';
import { Deposed, type Objects } from '../../objects/objects.ts';
import { memoryStore } from '../../store/memory.ts';
import { type Store, StoreUnavailable } from '../../store/store.ts';
import { WatchCache } from '../../store/watch-cache.ts';
import { type Binder, type BindRequest, createBinder } from './binder.ts';

const CONTEXT = { user: 'tester' };

let clock: ManualClock;
let store: Store;
let cache: WatchCache;
let objects: Objects;
let binder: Binder;

beforeEach(async () => {
  clock = new ManualClock();
  store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  objects = createObjects({ store, cache, clock, rng: seededRng(1), admission: [] });
  binder = createBinder({ objects, clock, user: 'scheduler' });
  await objects.create(namespaces, { metadata: { name: 'default' } }, CONTEXT);
});
afterEach(async () => {
  await cache.stop();
  await store.close();
});

async function make(name: string, spec: Partial<NonNullable<Pod['spec']>> = {}): Promise<Pod> {
  const containers = [{ name: 'main', image: 'a:1' }];
  return objects.create(pods, { metadata: { name, namespace: 'default' }, spec: { containers, ...spec } }, CONTEXT);
}

function bindAll(requests: readonly BindRequest[], by: Binder = binder): Promise<(Error | undefined)[]> {
  const outcomes = new Map<BindRequest, Error | undefined>();
  return new Promise((resolve) => {
    by.bind(requests, (request, error) => {
      outcomes.set(request, error);
      if (outcomes.size === requests.length) resolve(requests.map((each) => outcomes.get(each)));
    });
    expect(outcomes.size).toBe(0);
  });
}

const sentence = (error: Error | undefined) => (isApiError(error) ? `${error.code} ${error.message}` : error?.name);
const current = (name: string) => cache.get(pods, 'default', name)!;

describe('the binder', () => {
  test('writes the node and the condition, and leaves all else as it was', async () => {
    const pod = await make('one');
    await clock.advance(5_000);
    const before = structuredClone(current('one'));
    expect(await bindAll([{ pod, nodeName: 'n1' }])).toEqual([undefined]);
    const after = current('one');
    expect(after.spec).toEqual({ ...before.spec, nodeName: 'n1' });
    const condition = { type: 'PodScheduled', status: 'True', lastTransitionTime: timestamp(clock.now()) };
    expect(after.status).toEqual({ ...before.status, conditions: [condition] });
    expect(after.metadata).toEqual({
      ...before.metadata,
      generation: 2,
      resourceVersion: String(await store.revision()),
    });
    expect(pod).toEqual(before);
    // What the store holds is what the cache shows, though nobody has read it.
    const { value, modRevision } = (await store.get('/registry/core/pods/default/one'))!;
    const stored = JSON.parse(value) as Pod;
    expect({ ...stored, metadata: { ...stored.metadata, resourceVersion: String(modRevision) } }).toStrictEqual(after);
    expect(JSON.parse(cache.json(after))).toStrictEqual(after);
  });

  test('replaces what said that it was pending', async () => {
    const pod = await make('one');
    const pending = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no room' } as const;
    const wait = (each: Pod) => {
      const conditions = [{ type: 'Other', status: 'True' as const }, pending];
      each.status = { ...each.status, conditions, nominatedNodeName: 'n9' };
    };
    await objects.update(pods, 'default', 'one', wait, CONTEXT, { part: 'status' });
    await bindAll([{ pod, nodeName: 'n1' }]);
    expect(current('one').status?.conditions).toEqual([
      { type: 'Other', status: 'True' },
      { type: 'PodScheduled', status: 'True', lastTransitionTime: timestamp(clock.now()) },
    ]);
    expect(current('one').status).not.toHaveProperty('nominatedNodeName');
  });

  test('each succeeds or fails for itself', async () => {
    const [fine, bound, dying, gone, other] = await Promise.all(
      ['fine', 'bound', 'dying', 'gone', 'other'].map((name) => make(name)),
    );
    await bindAll([{ pod: bound!, nodeName: 'n9' }]);
    const hold = (pod: Pod) => {
      metaOf(pod).finalizers = ['example.com/hold'];
    };
    await objects.update(pods, 'default', 'dying', hold, CONTEXT);
    for (const name of ['dying', 'gone', 'other']) await objects.delete(pods, 'default', name, CONTEXT);
    await make('other');
    const outcomes = await bindAll([fine!, bound!, dying!, gone!, other!].map((pod) => ({ pod, nodeName: 'n1' })));
    expect(outcomes.map(sentence)).toEqual([
      undefined,
      expect.stringContaining(
        '409 Operation cannot be fulfilled on pods "bound": pod is already assigned to node "n9"',
      ),
      expect.stringContaining('pod is being deleted, cannot be assigned to a host'),
      '404 pods "gone" not found',
      expect.stringContaining('409 Operation cannot be fulfilled on pods "other": Precondition failed: UID'),
    ]);
    expect(current('bound').spec?.nodeName).toBe('n9');
    expect(current('other').spec?.nodeName).toBeUndefined();
  });

  test('binds over what others changed meanwhile, keeping their change', async () => {
    const pod = await make('one');
    const label = (each: Pod) => {
      metaOf(each).labels = { a: 'b' };
    };
    const [outcomes] = await Promise.all([
      bindAll([{ pod, nodeName: 'n1' }]),
      objects.update(pods, 'default', 'one', label, CONTEXT),
    ]);
    expect(outcomes).toEqual([undefined]);
    expect(current('one')).toMatchObject({ metadata: { labels: { a: 'b' } }, spec: { nodeName: 'n1' } });
  });

  test('of two that bind one pod, one does', async () => {
    const pod = await make('one');
    const outcomes = await Promise.all(['n1', 'n2'].map((nodeName) => bindAll([{ pod, nodeName }])));
    expect(outcomes.flat().map(sentence).filter(Boolean)).toHaveLength(1);
  });

  test('more than are let go at once', async () => {
    const made = await Promise.all(Array.from({ length: 1_000 }, (_, i) => make(`p${i}`)));
    const outcomes = await bindAll(made.map((pod) => ({ pod, nodeName: 'n1' })));
    expect(outcomes.every((each) => each === undefined)).toBe(true);
    expect(cache.podsOn('n1')).toHaveLength(1_000);
  });

  test('under a fence that does not hold nothing is written', async () => {
    const pod = await make('one');
    const key = '/stowage/leaders/scheduler';
    const held = await store.commit({ compares: [], ops: [{ type: 'put', key, value: 'a' }] });
    const leader = createBinder({ objects, clock, user: 'a', fence: { key, modRevision: held.revision } });
    await store.commit({ compares: [], ops: [{ type: 'put', key, value: 'b' }] });
    const before = await store.revision();
    const [error] = await bindAll([{ pod, nodeName: 'n1' }], leader);
    expect(error).toBeInstanceOf(Deposed);
    expect(error?.message).toContain('/registry/core/pods/default/one');
    expect(await store.revision()).toBe(before);
  });

  test('a store that is away is told as such', async () => {
    const pod = await make('one');
    await store.close();
    const [error] = await bindAll([{ pod, nodeName: 'n1' }]);
    expect(error).toBeInstanceOf(StoreUnavailable);
  });
});
