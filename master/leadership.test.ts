import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { namespaces } from '../api/core/namespace.ts';
import { type Pod, pods } from '../api/core/pod.ts';
import { resources } from '../api/registry.ts';
import { silentLogger } from '../platform/log.ts';
import { ManualClock } from '../platform/manual-clock.fixture.ts';
import { Registry } from '../platform/metrics.ts';
import { seededRng } from '../platform/rng.ts';
import { Leadership, leaderKey, type Term } from './leadership.ts';
import { createObjects } from './objects/create-objects.ts';
import { Deposed, type Objects } from './objects/objects.ts';
import { createBinder } from './scheduler/binding/binder.ts';
import { memoryStore } from './store/memory.ts';
import { openSqliteStore } from './store/sqlite.ts';
import { type Store, StoreUnavailable } from './store/store.ts';
import { WatchCache } from './store/watch-cache.ts';

const TTL_MS = 10_000;
const KEY = leaderKey('scheduler');

/** The way of one master to the store, which can be cut. */
class Link {
  cut = false;
  readonly store: Store;

  constructor(store: Store) {
    const check = () => {
      if (this.cut) throw new StoreUnavailable('the link is cut');
    };
    this.store = {
      ...bindAll(store),
      async get(key) {
        check();
        return store.get(key);
      },
      async commit(transaction) {
        check();
        return store.commit(transaction);
      },
      async grantLease(ttlMs) {
        check();
        const lease = await store.grantLease(ttlMs);
        const guarded = (call: () => Promise<void>) => async () => {
          check();
          return call();
        };
        return { id: lease.id, keepAlive: guarded(() => lease.keepAlive()), revoke: guarded(() => lease.revoke()) };
      },
    };
  }
}

const bindAll = (store: Store): Store => ({
  revision: () => store.revision(),
  get: (key) => store.get(key),
  list: (prefix, options) => store.list(prefix, options),
  commit: (transaction) => store.commit(transaction),
  watch: (prefix, after, handlers) => store.watch(prefix, after, handlers),
  grantLease: (ttlMs) => store.grantLease(ttlMs),
  compact: (revision) => store.compact(revision),
  close: () => store.close(),
});

class Master {
  readonly link: Link;
  readonly cache: WatchCache;
  readonly objects: Objects;
  readonly leadership: Leadership;
  readonly terms: Term[] = [];

  constructor(name: string, store: Store, clock: ManualClock, seed: number) {
    this.link = new Link(store);
    const rng = seededRng(seed);
    const metrics = new Registry();
    this.cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics });
    this.objects = createObjects({ store: this.link.store, cache: this.cache, clock, rng, admission: [] });
    this.leadership = new Leadership({
      store: this.link.store,
      cache: this.cache,
      name: 'scheduler',
      identity: name,
      clock,
      rng,
      log: silentLogger,
      ttlMs: TTL_MS,
      onGained: (term) => this.terms.push(term),
    });
  }

  get leads(): boolean {
    return this.leadership.term !== undefined;
  }

  async start(): Promise<void> {
    await this.cache.start();
    await this.leadership.start();
  }

  async stop(): Promise<void> {
    this.link.cut = false;
    await this.leadership.stop();
    await this.cache.stop();
  }
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function cell(store: Store, clock: ManualClock) {
  closers.push(() => store.close());
  const start = async (name: string, seed = name.charCodeAt(0)): Promise<Master> => {
    const master = new Master(name, store, clock, seed);
    closers.push(() => master.stop());
    await master.start();
    await clock.advance(0);
    return master;
  };
  return { store, clock, start };
}

const STORES: Record<string, (clock: ManualClock) => Promise<Store>> = {
  memory: async (clock) => memoryStore({ clock }),
  sqlite: async (clock) => {
    const directory = mkdtempSync(join(tmpdir(), 'stowage-leadership-'));
    closers.push(async () => rmSync(directory, { recursive: true, force: true }));
    return openSqliteStore({ file: join(directory, 'store.db'), clock, log: silentLogger });
  },
};

describe.each(Object.keys(STORES))('leadership over the %s store', (kind) => {
  const open = async () => {
    const clock = new ManualClock();
    return cell(await STORES[kind]!(clock), clock);
  };

  test('one leads; when it stops, the other takes over without a wait', async () => {
    const { start, clock, store } = await open();
    const [a, b] = [await start('a'), await start('b')];
    expect([a.leads, b.leads]).toEqual([true, false]);
    expect((await store.get(KEY))?.modRevision).toBe(a.terms[0]!.fence.modRevision);
    await a.leadership.stop();
    await clock.advance(0);
    expect([a.leads, b.leads]).toEqual([false, true]);
    expect(a.terms[0]!.signal.aborted).toBe(true);
    expect(b.terms[0]!.fence.modRevision).toBeGreaterThan(a.terms[0]!.fence.modRevision);
  });

  test('one that waits for a key put longer ago than the store remembers waits for it to go, and does not ask again', async () => {
    const { start, clock, store } = await open();
    const a = await start('a');
    const { revision } = (await store.commit({ compares: [], ops: [{ type: 'put', key: '/x', value: '1' }] })) as {
      revision: number;
    };
    await store.compact(revision);
    const watches = vi.spyOn(store, 'watch');
    const b = await start('b');
    await clock.advance(20_000);
    expect(watches.mock.calls.filter(([prefix]) => prefix === KEY)).toHaveLength(1);
    expect([a.leads, b.leads]).toEqual([true, false]);
    await a.leadership.stop();
    await clock.advance(0);
    expect(b.leads).toBe(true);
  });

  test('a leader that lives leads on; one that is cut off ends its term by itself, and another follows', async () => {
    const { start, clock } = await open();
    const [a, b] = [await start('a'), await start('b')];
    await clock.advance(20 * TTL_MS);
    expect([a.leads, b.leads, a.terms.length]).toEqual([true, false, 1]);
    a.link.cut = true;
    await clock.advance(TTL_MS / 2);
    expect([a.leads, b.leads]).toEqual([true, false]);
    await clock.advance(TTL_MS);
    expect([a.leads, b.leads]).toEqual([false, true]);
    a.link.cut = false;
    await clock.advance(TTL_MS);
    expect([a.leads, b.leads]).toEqual([false, true]);
    await b.leadership.stop();
    await clock.advance(0);
    expect([a.leads, a.terms.length]).toEqual([true, 2]);
  });

  test('a leader whose key was removed campaigns again', async () => {
    const { start, clock, store } = await open();
    const a = await start('a');
    await store.commit({ compares: [], ops: [{ type: 'delete', key: KEY }] });
    await clock.advance(TTL_MS);
    expect(a.terms.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect((await store.get(KEY))?.value).toBe('a');
  });

  test('takes over from its former self at once, and the old lease takes nothing with it', async () => {
    const { start, clock, store } = await open();
    const before = await start('a');
    before.link.cut = true;
    const after = await start('a', 7);
    expect(after.leads).toBe(true);
    await clock.advance(3 * TTL_MS);
    expect([before.leads, after.leads, after.terms.length]).toEqual([false, true, 1]);
    expect((await store.get(KEY))?.modRevision).toBe(after.terms[0]!.fence.modRevision);
  });

  test('costs few timers and few commits when nothing happens', async () => {
    const { start, clock, store } = await open();
    await start('a');
    const before = await store.revision();
    await clock.advance(100 * TTL_MS);
    expect(await store.revision()).toBe(before);
    expect(clock.pending).toBeLessThan(6);
  });
});

test('does not lead before the cache has caught up', async () => {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  closers.push(() => store.close());
  let catchUp = () => {};
  const seen = new Promise<void>((resolve) => {
    catchUp = resolve;
  });
  const asked: number[] = [];
  const waitFor = (revision: number) => {
    asked.push(revision);
    return seen;
  };
  const terms: Term[] = [];
  const rng = seededRng(1);
  const options = { store, name: 'scheduler', identity: 'a', clock, rng, log: silentLogger, ttlMs: TTL_MS };
  const leadership = new Leadership({ ...options, cache: { waitFor }, onGained: (term) => terms.push(term) });
  closers.push(() => leadership.stop());
  await leadership.start();
  await clock.advance(3 * TTL_MS);
  expect([terms.length, leadership.term]).toEqual([0, undefined]);
  catchUp();
  await clock.advance(0);
  expect(asked).toEqual([terms[0]!.fence.modRevision]);
});

const PODS = 50;

describe('two schedulers', () => {
  const pod = (name: string): Pod => ({
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'main', image: 'a:1' }] },
  });
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('bind' as const), by: fc.nat(1), pod: fc.nat(PODS - 1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), by: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('mend' as const), by: fc.nat(1) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, TTL_MS, 2 * TTL_MS) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('resign' as const), by: fc.nat(1) }) },
  );

  test('nothing that a deposed one writes lands, and no pod is bound twice', async () => {
    const totals = { landed: 0, deposed: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const clock = new ManualClock();
        const { store, start } = cell(memoryStore({ clock }), clock);
        const begun = await store.revision();
        const masters = [await start('a'), await start('b')];
        const [first] = masters;
        await first!.objects.create(namespaces, { metadata: { name: 'default' } }, { user: 'test' });
        for (let i = 0; i < PODS; i++) await first!.objects.create(pods, pod(`p${i}`), { user: 'test' });
        // Who led at each revision, and what was bound, as the store tells it.
        let leader: { value: string; revision: number } | undefined;
        const refused: unknown[] = [];
        const landed: { pod: string; by: string; leader: string | undefined }[] = [];
        const history = store.watch('/', begun, {
          events: (events) => {
            for (const event of events) {
              const key = event.type === 'put' ? event.value.key : event.key;
              if (key === KEY) {
                leader =
                  event.type === 'put' ? { value: event.value.value, revision: event.value.modRevision } : undefined;
              } else if (event.type === 'put' && key.includes('/pods/')) {
                const { metadata, spec } = JSON.parse(event.value.value) as Pod;
                const by = spec?.nodeName;
                if (by) landed.push({ pod: metadata?.name ?? '', by, leader: leader && `term-${leader.revision}` });
              }
            }
          },
          lost: (reason) => refused.push(reason),
        });
        for (const each of steps) {
          if (each.do === 'pass') await clock.advance(each.ms);
          if (each.do === 'cut') masters[each.by]!.link.cut = true;
          if (each.do === 'mend') masters[each.by]!.link.cut = false;
          if (each.do === 'resign') {
            await masters[each.by]!.leadership.stop();
            await masters[each.by]!.leadership.start();
            await clock.advance(0);
          }
          if (each.do !== 'bind') continue;
          // The newest term it ever had, over or not: a scheduler that has not noticed yet, or a write on its way.
          const { terms, objects, cache } = masters[each.by]!;
          const fence = terms.at(-1)?.fence;
          const target = cache.get(pods, 'default', `p${each.pod}`);
          if (!fence || !target) continue;
          const binder = createBinder({ objects, clock, user: 'scheduler', fence });
          binder.bind([{ pod: target, nodeName: `term-${fence.modRevision}` }], (_, error) => refused.push(error));
        }
        for (const { link } of masters) link.cut = false;
        await clock.advance(0);
        for (const { by, leader: then } of landed) expect(by).toBe(then);
        expect(new Set(landed.map((each) => each.pod)).size).toBe(landed.length);
        const bound = first!.cache.list(pods).filter(({ spec }) => spec?.nodeName);
        expect(landed.length).toBe(bound.length);
        totals.landed += landed.length;
        totals.deposed += refused.filter((error) => error instanceof Deposed).length;
        history.stop();
        for (const close of closers.splice(0).reverse()) await close();
      }),
      { numRuns: 30 },
    );
    expect(totals.landed).toBeGreaterThan(50);
    expect(totals.deposed).toBeGreaterThan(5);
  });
});
