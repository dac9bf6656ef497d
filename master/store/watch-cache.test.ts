import { describe, expect, test } from 'vitest';
import { storeKey } from '../../api/meta/definition.ts';
import type { Logger } from '../../platform/log.ts';
import { cacheFixture, erase, nodes, pods, replicaSets, type Thing, thing, write } from './cache.fixture.ts';
import type { Change } from './cache.ts';
import { type Store, StoreUnavailable, type WatchHandlers } from './store.ts';

const names = (objects: readonly Thing[]) => objects.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
const line = ({ type, object, previous, revision }: Change<Thing>) =>
  `${type} ${object.metadata?.name} ${previous?.spec?.n ?? '-'}>${object.spec?.n ?? '-'} @${revision}`;

/** A log that keeps what is at least a warning. */
function keptLog(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const keep = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Logger = { debug() {}, info() {}, warn: keep, error: keep, child: () => log };
  return { log, lines };
}

/** So many pods, at once. */
async function fill(store: Store, count: number): Promise<void> {
  const ops = Array.from({ length: count }, (_, i) => {
    const pod = thing('a', `p${i}`);
    return { type: 'put' as const, key: storeKey(pods, 'a', `p${i}`), value: JSON.stringify(pod) };
  });
  await store.commit({ compares: [], ops });
}

describe('what the cache shows', () => {
  test('what was there at the start, in key order, with resource versions', async () => {
    const { store, cache } = cacheFixture();
    for (const [namespace, name] of [
      ['b', 'x'],
      ['a', 'y'],
      ['a-b', 'x'],
      ['a', 'x'],
      ['a0', 'x'],
    ] as const) {
      await write(store, pods, thing(namespace, name));
    }
    await write(store, nodes, thing(undefined, 'n1'));
    await cache.start();
    expect(names(cache.list(pods))).toEqual(['a-b/x', 'a/x', 'a/y', 'a0/x', 'b/x']);
    expect(names(cache.list(pods, 'a'))).toEqual(['a/x', 'a/y']);
    expect(cache.list(pods, 'nothing')).toEqual([]);
    expect(cache.get(nodes, undefined, 'n1')?.metadata?.resourceVersion).toBe('7');
    expect(cache.get(pods, 'b', 'y')).toBeUndefined();
    expect(cache.revision).toBe(await store.revision());
  });

  test('more objects than one page of the store', async () => {
    const { store, cache } = cacheFixture();
    const count = 20_345;
    await fill(store, count);
    await cache.start();
    const all = names(cache.list(pods));
    expect(new Set(all).size).toBe(count);
    expect(all).toEqual([...all].sort());
  });

  test('a start fails with the store’s error, also on a later page', async () => {
    const { store } = cacheFixture();
    await fill(store, 10_001);
    const { wrapped, state } = cutStore(store);
    state.failingLaterPages = true;
    const { cache } = cacheFixture({ store: wrapped });
    await expect(cache.start()).rejects.toThrow('cut');
    expect(cache.list(pods)).toEqual([]);
  });

  test('changes as they are committed, before the commit resolves', async () => {
    const { store, cache } = cacheFixture();
    await cache.start();
    const first = await write(store, pods, thing('a', 'x', { spec: { n: 1 } }));
    expect(cache.get(pods, 'a', 'x')).toMatchObject({ spec: { n: 1 }, metadata: { resourceVersion: String(first) } });
    const second = await write(store, pods, thing('a', 'x', { spec: { n: 2 } }));
    expect(cache.get(pods, 'a', 'x')?.metadata?.resourceVersion).toBe(String(second));
    const third = await erase(store, pods, 'a', 'x');
    expect([cache.get(pods, 'a', 'x'), cache.revision]).toEqual([undefined, third]);
  });

  test('an object as JSON is made once', async () => {
    const { store, cache } = cacheFixture();
    await cache.start();
    await write(store, pods, thing('a', 'x'));
    const object = cache.get(pods, 'a', 'x')!;
    const text = cache.json(object);
    expect(JSON.parse(text)).toEqual(object);
    Object.assign(object, { changed: true });
    expect(cache.json(object)).toBe(text);
  });

  test('values it cannot read and kinds it does not know are left out, with a line in the log', async () => {
    const { log, lines } = keptLog();
    const { store, cache } = cacheFixture({ log });
    const commit = (key: string, value: string) => store.commit({ compares: [], ops: [{ type: 'put', key, value }] });
    await commit('/registry/core/pods/a/broken', '{"metadata":');
    await commit('/registry/core/pods/a/null', 'null');
    await commit('/registry/core/pods/toofew', '{}');
    await commit('/registry/core/nodes/too/many', '{}');
    for (let i = 0; i < 5; i += 1) await commit(`/registry/example.com/widgets/a/w${i}`, '{}');
    await write(store, pods, thing('a', 'good'));
    await cache.start();
    await commit('/registry/core/pods/a/later', '"text"');
    await commit('/registry/core/pods/a/good', 'not JSON either');
    const last = await write(store, pods, thing('a', 'good2'));
    expect(names(cache.list(pods))).toEqual(['a/good', 'a/good2']);
    expect(cache.revision).toBe(last);
    expect(lines.filter((each) => each.includes('cannot be read'))).toHaveLength(4);
    expect(lines.filter((each) => each.includes('widgets'))).toHaveLength(1);
    expect(lines.filter((each) => each.includes('bad name'))).toHaveLength(2);
  });

  test('a resource it was not told of is a mistake of the caller', () => {
    const { cache } = cacheFixture();
    expect(() => cache.list({ ...pods, plural: 'others' })).toThrow(/not told to hold others/);
  });

  test('counts objects, revision and changes', async () => {
    const { store, cache, metrics } = cacheFixture();
    await cache.start();
    await write(store, replicaSets, thing('a', 'r'));
    await write(store, replicaSets, thing('a', 'r'));
    const text = await metrics.metrics();
    expect(text).toContain('stowage_cache_objects{resource="replicasets.apps"} 1');
    expect(text).toContain(`stowage_cache_revision ${cache.revision}`);
    expect(text).toContain('stowage_cache_events_total{resource="replicasets.apps",type="modified"} 1');
  });
});

describe('what the cache tells', () => {
  test('each change with the states before and after, in order', async () => {
    const { store, cache } = cacheFixture();
    await write(store, pods, thing('a', 'old'));
    await cache.start();
    const told: string[] = [];
    const end = cache.subscribe(pods, (change) => told.push(line(change)));
    await write(store, pods, thing('a', 'x', { spec: { n: 1 } }));
    await write(store, nodes, thing(undefined, 'n1'));
    await write(store, pods, thing('a', 'x', { spec: { n: 2 } }));
    await erase(store, pods, 'a', 'x');
    end();
    await write(store, pods, thing('a', 'unheard'));
    expect(told).toEqual(['added x ->1 @3', 'modified x 1>2 @5', 'deleted x 2>2 @6']);
  });

  test('a deleted object carries the revision of the deletion, on a copy', async () => {
    const { store, cache } = cacheFixture();
    await cache.start();
    await write(store, pods, thing('a', 'x'));
    const held = cache.get(pods, 'a', 'x');
    let change: Change<Thing> | undefined;
    cache.subscribe(pods, (told) => {
      change = told;
    });
    const revision = await erase(store, pods, 'a', 'x');
    expect(change?.object.metadata?.resourceVersion).toBe(String(revision));
    expect(change?.previous).toBe(held);
    expect(held?.metadata?.resourceVersion).toBe('2');
  });

  test('everything of a revision, and every index, is in place before anyone is told', async () => {
    const { store, cache } = cacheFixture();
    await cache.start();
    const seen: unknown[] = [];
    cache.subscribe(pods, ({ revision }) =>
      seen.push([cache.list(pods).length, cache.podsOn('n1').length, cache.revision === revision]),
    );
    const put = (name: string) =>
      ({
        type: 'put',
        key: `/registry/core/pods/a/${name}`,
        value: JSON.stringify(thing('a', name, { spec: { nodeName: 'n1' } })),
      }) as const;
    await store.commit({ compares: [], ops: [put('x'), put('y')] });
    expect(seen).toEqual([
      [2, 2, true],
      [2, 2, true],
    ]);
  });

  test('a subscriber that throws is logged and the others are told; one that leaves meanwhile is not', async () => {
    const { log, lines } = keptLog();
    const { store, cache } = cacheFixture({ log });
    await cache.start();
    const told: string[] = [];
    let leave = () => {};
    cache.subscribe(pods, () => {
      leave();
      throw new Error('on purpose');
    });
    leave = cache.subscribe(pods, () => told.push('left'));
    cache.subscribe(pods, () => {
      told.push('stayed');
      // Sees the change in a list already, so must not be told of it.
      cache.subscribe(pods, () => told.push('late'));
    });
    await write(store, pods, thing('a', 'x'));
    expect(told).toEqual(['stayed']);
    expect(lines.join()).toContain('on purpose');
  });

  test('changes since a revision, until they have been dropped', async () => {
    const { store, cache } = cacheFixture({ historySize: 4 });
    await write(store, pods, thing('a', 'before'));
    await cache.start();
    const start = cache.revision;
    const since = (revision: number) => cache.changesSince(pods, revision)?.map(line);
    expect([since(start), since(start - 1)]).toEqual([[], undefined]);
    for (let n = 1; n <= 4; n += 1) await write(store, pods, thing('a', 'x', { spec: { n } }));
    await write(store, nodes, thing(undefined, 'n1'));
    expect(since(start)).toEqual(['added x ->1 @3', 'modified x 1>2 @4', 'modified x 2>3 @5', 'modified x 3>4 @6']);
    expect(since(start + 2)).toEqual(['modified x 2>3 @5', 'modified x 3>4 @6']);
    await write(store, pods, thing('a', 'x', { spec: { n: 5 } }));
    expect(since(start)).toBeUndefined();
    expect(since(start + 1)?.[0]).toBe('modified x 1>2 @4');
    expect(since(cache.revision)).toEqual([]);
    expect(cache.changesSince(nodes, start)).toHaveLength(1);
  });
});

describe('waiting for a revision', () => {
  test('resolves at once for what is visible, later for what is to come', async () => {
    const { store, cache, clock } = cacheFixture();
    await cache.start();
    await cache.waitFor(cache.revision);
    const order: number[] = [];
    const waits = [3, 2, 4].map((revision) => cache.waitFor(revision).then(() => order.push(revision)));
    for (let i = 0; i < 3; i += 1) await write(store, pods, thing('a', 'x'));
    await Promise.all(waits);
    expect(order).toEqual([2, 3, 4]);
    expect(clock.pending).toBe(0);
  });

  test('a revision that changed nothing of ours becomes visible too', async () => {
    const { store, cache } = cacheFixture();
    await cache.start();
    const { revision } = await store.commit({ compares: [], ops: [{ type: 'put', key: '/leader', value: 'me' }] });
    await cache.waitFor(revision);
  });

  test('gives up in time, and when the cache stops', async () => {
    const { cache, clock } = cacheFixture();
    await cache.start();
    const late = expect(cache.waitFor(9, 1_500)).rejects.toThrow(/revision 9 within 1.5 s; it is at revision 1/);
    await clock.advance(1_500);
    await late;
    const stopped = expect(cache.waitFor(9)).rejects.toBeInstanceOf(StoreUnavailable);
    await cache.stop();
    await stopped;
    await expect(cache.waitFor(9)).rejects.toBeInstanceOf(StoreUnavailable);
    await cache.stop();
  });
});

/** A store whose watches can be cut, and that can be made to fail. */
function cutStore(store: Store) {
  let current: WatchHandlers | undefined;
  let cut = () => {};
  const state = { failing: false, failingLaterPages: false, watches: 0 };
  const fail = () => Promise.reject(new StoreUnavailable('cut'));
  const wrapped: Store = {
    revision: () => store.revision(),
    get: (key) => store.get(key),
    list: (prefix, options) =>
      state.failing || (state.failingLaterPages && options?.after) ? fail() : store.list(prefix, options),
    commit: (transaction) => store.commit(transaction),
    grantLease: (ttlMs) => store.grantLease(ttlMs),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    watch(prefix, after, handlers) {
      state.watches += 1;
      if (state.failing) {
        queueMicrotask(() => handlers.lost(new StoreUnavailable('cut')));
        return { stop() {} };
      }
      current = handlers;
      const watch = store.watch(prefix, after, handlers);
      cut = () => watch.stop();
      return watch;
    },
  };
  /** Cuts the watch; the function it returns says so to whoever watched. */
  const lose = () => {
    const handlers = current;
    cut();
    return () => handlers?.lost(new StoreUnavailable('the connection broke'));
  };
  return { wrapped, state, lose };
}

describe('a watch that is lost', () => {
  test('goes on from the last revision: nothing is missed and nothing told twice', async () => {
    const { store } = cacheFixture();
    const faulty = cutStore(store);
    const { cache } = cacheFixture({ store: faulty.wrapped });
    await write(store, pods, thing('a', 'x', { spec: { n: 0 } }));
    await cache.start();
    const told: string[] = [];
    cache.subscribe(pods, (change) => told.push(line(change)));
    await write(store, pods, thing('a', 'x', { spec: { n: 1 } }));
    const tell = faulty.lose();
    await write(store, pods, thing('a', 'x', { spec: { n: 2 } }));
    await write(store, pods, thing('a', 'y', { spec: { n: 9 } }));
    tell();
    await cache.waitFor(await store.revision());
    expect(told).toEqual(['modified x 0>1 @3', 'modified x 1>2 @4', 'added y ->9 @5']);
  });

  test('lists again after a compaction and tells the differences, deletions and replacements among them', async () => {
    const { store } = cacheFixture();
    const faulty = cutStore(store);
    const { cache, clock } = cacheFixture({ store: faulty.wrapped });
    for (const name of ['kept', 'changed', 'gone', 'replaced'])
      await write(store, pods, thing('a', name, { spec: { n: 1 } }));
    await cache.start();
    const kept = cache.get(pods, 'a', 'kept');
    const told: string[] = [];
    cache.subscribe(pods, (change) => told.push(line(change)));
    const endGaps = cache.onGap(() => told.push('gap'));
    const before = cache.revision;
    const tell = faulty.lose();
    await write(store, pods, thing('a', 'changed', { spec: { n: 2 } }));
    await erase(store, pods, 'a', 'gone');
    await erase(store, pods, 'a', 'replaced');
    await write(store, pods, thing('a', 'replaced', { spec: { n: 3 }, uid: 'another' }));
    await write(store, pods, thing('a', 'changed', { spec: { n: 4 } }));
    await write(store, pods, thing('a', 'new', { spec: { n: 5 } }));
    await write(store, pods, thing('a', 'passing'));
    const last = await erase(store, pods, 'a', 'passing');
    await store.compact(last);
    tell();
    await clock.advance(1_000);
    await cache.waitFor(last);
    expect(told).toEqual([
      'gap',
      'deleted replaced 1>1 @9',
      'added replaced ->3 @9',
      'modified changed 1>4 @10',
      'added new ->5 @11',
      `deleted gone 1>1 @${last}`,
    ]);
    expect(cache.get(pods, 'a', 'kept')).toBe(kept);
    expect(cache.changesSince(pods, before)).toBeUndefined();
    expect(cache.changesSince(pods, last)).toEqual([]);
    endGaps();
    await write(store, pods, thing('a', 'new', { spec: { n: 6 } }));
    expect(told.at(-1)).toBe('modified new 5>6 @14');
    // What was in between nobody has seen: a list of that time is the store's to give, or to refuse.
    expect(cache.listAt(pods, { revision: before })).toBeUndefined();
    expect([...(cache.listAt(pods, { revision: cache.revision }) ?? [])]).toEqual(cache.list(pods));
  });

  test('tries again with longer and longer pauses while the store is away', async () => {
    const { store } = cacheFixture();
    const faulty = cutStore(store);
    const { cache, clock } = cacheFixture({ store: faulty.wrapped });
    await cache.start();
    const tell = faulty.lose();
    faulty.state.failing = true;
    tell();
    await clock.advance(60_000);
    expect(faulty.state.watches).toBeGreaterThan(20);
    expect(faulty.state.watches).toBeLessThan(50);
    faulty.state.failing = false;
    const revision = await write(store, pods, thing('a', 'x'));
    await clock.advance(2_000);
    await cache.waitFor(revision);
    expect(cache.list(pods)).toHaveLength(1);
    await cache.stop();
    expect(clock.pending).toBe(0);
  });

  test('a start that cannot read the store says so', async () => {
    const { store } = cacheFixture();
    const faulty = cutStore(store);
    faulty.state.failing = true;
    const { cache } = cacheFixture({ store: faulty.wrapped });
    await expect(cache.start()).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

describe('kinds that come and go', () => {
  const boats = { ...pods, group: 'example.com', kind: 'Boat', plural: 'boats' };

  test('a kind is shown with all that the store has of it, whatever happens while it is read', async () => {
    const { store, cache } = cacheFixture();
    for (const name of ['kept', 'changed', 'gone']) await write(store, boats, thing('a', name));
    await cache.start();
    expect(() => cache.list(boats)).toThrow(/not told to hold boats/);
    const held = cache.hold(boats);
    await write(store, boats, thing('a', 'changed', { spec: { n: 2 } }));
    await erase(store, boats, 'a', 'gone');
    await write(store, boats, thing('a', 'made'));
    await held;
    expect(names(cache.list(boats))).toEqual(['a/changed', 'a/kept', 'a/made']);
    expect(cache.get(boats, 'a', 'changed')?.spec?.n).toBe(2);
    const told: string[] = [];
    cache.subscribe(boats, ({ type, object }) => told.push(`${type} ${object.metadata?.name}`));
    await write(store, boats, thing('a', 'kept', { spec: { n: 1 } }));
    expect(told).toEqual(['modified kept']);
  });

  test('another definition of a kind takes the place of the one before, with what is there', async () => {
    const { store, cache } = cacheFixture();
    await cache.start();
    await cache.hold(boats);
    await write(store, boats, thing('a', 'x', { owners: [{ uid: 'u' }] }));
    const next = { ...boats };
    await cache.hold(next);
    expect(names(cache.list(next))).toEqual(['a/x']);
    expect(cache.dependentsOf('u').map(({ resource }) => resource)).toEqual([next]);
    // Who still has the old one gets the same objects.
    expect(cache.get(boats, 'a', 'x')).toBe(cache.get(next, 'a', 'x'));
  });

  test('a kind that is dropped is forgotten, indexes and all, and may come back', async () => {
    const { store, cache } = cacheFixture();
    await cache.start();
    await cache.hold(boats);
    await write(store, boats, thing('a', 'x', { owners: [{ uid: 'u' }] }));
    cache.drop(boats);
    expect(() => cache.list(boats)).toThrow(/not told to hold boats/);
    expect(cache.dependentsOf('u')).toEqual([]);
    await erase(store, boats, 'a', 'x');
    await write(store, boats, thing('a', 'y'));
    await cache.hold(boats);
    expect(names(cache.list(boats))).toEqual(['a/y']);
    expect(cache.dependentsOf('u')).toEqual([]);
  });
});
