import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { deployments } from '../../api/apps/deployment.ts';
import { replicaSets } from '../../api/apps/replica-set.ts';
import { configMaps } from '../../api/core/config-map.ts';
import { namespaces } from '../../api/core/namespace.ts';
import { pods } from '../../api/core/pod.ts';
import { resources } from '../../api/registry.ts';
import type { Service } from '../../platform/lifecycle.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { seededRng } from '../../platform/rng.ts';
import type { MasterContext } from '../context.ts';
import { Leadership, leaderKey } from '../leadership.ts';
import { createObjects } from '../objects/create-objects.ts';
import { Deposed, type Objects } from '../objects/objects.ts';
import { memoryStore } from '../store/memory.ts';
import { type Revision, type Store, StoreUnavailable, type Transaction } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { createControllers } from './create-controllers.ts';
import { deploymentOf } from './samples.suite.ts';
import { Tenure } from './tenure.ts';

const TTL_MS = 2_000;
const KEY = leaderKey('controllers');
const CLIENT = { user: 'tester' };

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A write that was stored, of whoever made it. */
interface Landed {
  readonly by: string;
  readonly revision: Revision;
}

/** A master's way to the store, which can be cut, and on which writes can be held up. */
class Link {
  cut = false;
  /** While it is there, writes of objects wait for it. */
  held: PromiseWithResolvers<void> | undefined;
  readonly landed: Landed[] = [];
  /** Writes without a term. */
  loose = 0;
  readonly store: Store;

  constructor(by: string, store: Store) {
    const reach = <A extends unknown[], R>(call: (...given: A) => Promise<R>) => {
      return async (...given: A) => {
        if (this.cut) throw new StoreUnavailable('the link is cut');
        return call(...given);
      };
    };
    const commit = async (transaction: Transaction) => {
      if (!transaction.ops.some(({ key }) => key.startsWith('/registry/'))) return store.commit(transaction);
      await this.held?.promise;
      const result = await store.commit(transaction);
      const inTerm = transaction.compares.some(({ key }) => key === KEY);
      if (result.ok && inTerm) this.landed.push({ by, revision: result.revision });
      if (!inTerm) this.loose++;
      return result;
    };
    this.store = {
      revision: () => store.revision(),
      get: reach((key) => store.get(key)),
      list: (prefix, options) => store.list(prefix, options),
      commit: reach(commit),
      watch: (prefix, after, handlers) => store.watch(prefix, after, handlers),
      grantLease: reach(async (ttlMs: number) => {
        const { id, keepAlive, revoke } = await store.grantLease(ttlMs);
        return { id, keepAlive: reach(keepAlive), revoke: reach(revoke) };
      }),
      compact: (revision) => store.compact(revision),
      close: () => store.close(),
    };
  }
}

class Master {
  readonly name: string;
  readonly link: Link;
  readonly cache: WatchCache;
  readonly leadership: Leadership;
  readonly tenure: Tenure;
  readonly warnings: object[] = [];

  constructor(name: string, store: Store, clock: ManualClock, parts?: (context: MasterContext) => Service[]) {
    this.name = name;
    this.link = new Link(name, store);
    const rng = seededRng(name.charCodeAt(0));
    const log = { ...silentLogger, warn: (fields: object) => this.warnings.push(fields) };
    const metrics = new Registry();
    this.cache = new WatchCache({ store, resources, clock, log, metrics });
    const { cache } = this;
    const objects = createObjects({ store: this.link.store, cache, clock, rng, admission: [] });
    const events = { record: () => undefined };
    const context: MasterContext = { cache, objects, events, clock, rng, log, metrics };
    const all = (led: MasterContext) => [createControllers({ ...led, nodeGraceMs: 40_000 })];
    this.tenure = new Tenure({ ...context, parts: (through) => (parts ?? all)({ ...context, objects: through }) });
    this.leadership = new Leadership({
      ...{ ...context, store: this.link.store, name: 'controllers', identity: name, ttlMs: TTL_MS },
      onGained: (term) => this.tenure.lead(term),
    });
  }

  get leads(): boolean {
    return this.leadership.term !== undefined;
  }

  async start(): Promise<void> {
    await this.cache.start();
    await this.tenure.start();
    await this.leadership.start();
  }

  async stop(): Promise<void> {
    this.link.cut = false;
    this.link.held?.resolve();
    await this.leadership.stop();
    await this.tenure.stop();
    await this.cache.stop();
  }
}

/** A cell of masters on one store, and somebody who uses it. */
async function cellOf(names: readonly string[], parts?: (context: MasterContext) => Service[]) {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  closers.push(() => store.close());
  const cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  const objects: Objects = createObjects({ store, cache, clock, rng: seededRng(9), admission: [] });
  await cache.start();
  closers.push(() => cache.stop());
  await objects.create(namespaces, { metadata: { name: 'shop' } }, CLIENT);
  /** Who leads from which revision on. */
  const reigns: { readonly by: string | undefined; readonly from: Revision }[] = [];
  const watch = store.watch(KEY, await store.revision(), {
    events: (events) => {
      for (const event of events) {
        if (event.type === 'put') reigns.push({ by: event.value.value, from: event.value.modRevision });
        else reigns.push({ by: undefined, from: event.modRevision });
      }
    },
    lost: () => undefined,
  });
  closers.push(async () => watch.stop());
  const masters: Master[] = [];
  for (const name of names) {
    const master = new Master(name, store, clock, parts);
    closers.push(() => master.stop());
    masters.push(master);
    await master.start();
    await clock.advance(0);
  }
  const leaderAt = (revision: Revision) => reigns.findLast(({ from }) => from < revision)?.by;
  const replicas = () => cache.list(pods, 'shop').length;
  return { clock, store, cache, objects, masters, reigns, leaderAt, replicas };
}

describe('controllers of two masters', () => {
  test('run where the leader is, and go on elsewhere when it is silent', async () => {
    const { clock, objects, masters, replicas } = await cellOf(['a', 'b']);
    const [a, b] = masters as [Master, Master];
    await objects.create(deployments, deploymentOf('web', { replicas: 3 }), CLIENT);
    await clock.advance(100);
    expect([replicas(), a.link.landed.length > 0, b.link.landed.length]).toEqual([3, true, 0]);
    a.link.cut = true;
    await objects.create(deployments, deploymentOf('db', { replicas: 2 }), CLIENT);
    await clock.advance(100);
    expect(replicas()).toBe(3);
    const silentMs = clock.now();
    while (replicas() < 5 && clock.now() - silentMs < 60_000) await clock.advance(50);
    expect(clock.now() - silentMs).toBeLessThanOrEqual(TTL_MS + 100);
    expect([a.leads, b.leads, a.link.loose, b.link.loose]).toEqual([false, true, 0, 0]);
    a.link.cut = false;
    await b.stop();
    await objects.create(deployments, deploymentOf('mail', { replicas: 1 }), CLIENT);
    await clock.advance(100);
    expect([a.leads, replicas()]).toEqual([true, 6]);
  });

  test('what a deposed leader has under way fails, is not tried again and is no fault', async () => {
    const { clock, store, objects, masters, replicas, cache } = await cellOf(['a', 'b']);
    const [a, b] = masters as [Master, Master];
    await objects.create(deployments, deploymentOf('web', { replicas: 1 }), CLIENT);
    await clock.advance(100);
    a.link.held = Promise.withResolvers();
    await objects.create(deployments, deploymentOf('db', { replicas: 2 }), CLIENT);
    await clock.advance(0);
    // Its lease is taken from it while it writes, as after a long pause.
    await store.commit({ compares: [], ops: [{ type: 'delete', key: KEY }] });
    await clock.advance(100);
    expect([a.leads, b.leads, replicas()]).toEqual([true, true, 3]);
    const before = a.link.landed.length;
    a.warnings.length = 0;
    a.link.held.resolve();
    a.link.held = undefined;
    await clock.advance(3 * TTL_MS);
    expect([a.leads, a.link.landed.length, replicas(), cache.list(replicaSets).length]).toEqual([false, before, 3, 2]);
    expect(a.warnings).toEqual([]);
  });

  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('scale' as const), to: fc.nat(6) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const), by: fc.nat(1) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('mend' as const), by: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('hold' as const), by: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('resign' as const), by: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('usurp' as const) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(0, 10, 700, 2_500) }) },
  );

  test('each write lands in the term of the one that made it, whatever is cut, held up or taken away when', async () => {
    let landed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        const { clock, store, objects, masters, leaderAt, replicas } = await cellOf(['a', 'b']);
        await objects.create(deployments, deploymentOf('web', { replicas: 1 }), CLIENT);
        for (const each of steps) {
          const link = 'by' in each ? masters[each.by]!.link : undefined;
          if (each.do === 'pass') await clock.advance(each.ms);
          else if (each.do === 'cut') link!.cut = true;
          else if (each.do === 'hold') link!.held ??= Promise.withResolvers();
          else if (each.do === 'mend') mend(link!);
          else if (each.do === 'usurp') await store.commit({ compares: [], ops: [{ type: 'delete', key: KEY }] });
          else if (each.do === 'resign') await resign(masters[each.by]!, clock);
          else await scale(objects, each.to);
        }
        for (const { link } of masters) mend(link);
        await scale(objects, 4);
        await clock.advance(30_000);
        expect(replicas()).toBe(4);
        for (const { link } of masters) {
          expect(link.loose).toBe(0);
          for (const { by, revision } of link.landed) expect(leaderAt(revision)).toBe(by);
          landed += link.landed.length;
        }
        for (const close of closers.splice(0).reverse()) await close();
      }),
      { numRuns: 40 },
    );
    expect(landed).toBeGreaterThan(200);
  });
});

function mend(link: Link): void {
  link.cut = false;
  link.held?.resolve();
  link.held = undefined;
}

async function resign({ leadership, link }: Master, clock: ManualClock): Promise<void> {
  mend(link);
  await leadership.stop();
  await leadership.start();
  await clock.advance(0);
}

const scale = (objects: Objects, replicas: number) =>
  objects.update(
    deployments,
    'shop',
    'web',
    (current) => {
      current.spec!.replicas = replicas;
    },
    CLIENT,
  );

describe('the parts of a tenure', () => {
  /** Says when it begins and ends; the first is slow to end, the second fails to begin at first. */
  const troupe = (said: string[], gate: { open: Promise<void>; failures: number }): Service[] => [
    {
      start: async () => void said.push('+one'),
      stop: async () => {
        await gate.open;
        said.push('-one');
      },
    },
    {
      start: async () => {
        if (gate.failures-- > 0) throw new Error('not yet');
        said.push('+two');
      },
      stop: async () => void said.push('-two'),
    },
  ];

  test('begin in order, end in reverse, and wait for the end of those before them', async () => {
    const said: string[] = [];
    const gate = { open: Promise.resolve(), failures: 0 };
    const { clock, masters } = await cellOf(['a'], () => troupe(said, gate));
    expect(said.splice(0)).toEqual(['+one', '+two']);
    const slow = Promise.withResolvers<void>();
    gate.open = slow.promise;
    const { leadership, tenure } = masters[0]!;
    await leadership.stop();
    await leadership.start();
    await clock.advance(100);
    expect([leadership.term !== undefined, said.splice(0)]).toEqual([true, ['-two']]);
    slow.resolve();
    await clock.advance(0);
    expect(said.splice(0)).toEqual(['-one', '+one', '+two']);
    await tenure.stop();
    expect(said.splice(0)).toEqual(['-two', '-one']);
  });

  test('are tried again when one cannot begin', async () => {
    const said: string[] = [];
    const { clock } = await cellOf(['a'], () => troupe(said, { open: Promise.resolve(), failures: 1 }));
    expect(said.splice(0)).toEqual(['+one', '-two', '-one']);
    await clock.advance(1_000);
    expect(said).toEqual(['+one', '+two']);
  });

  test('write nothing without a term', async () => {
    const context: { objects?: Objects } = {};
    const { masters } = await cellOf(['a'], ({ objects }) => {
      context.objects = objects;
      return [];
    });
    const write = (name: string) =>
      context.objects!.create(configMaps, { metadata: { name, namespace: 'shop' } }, { user: 'part' });
    expect((await write('one')).metadata?.name).toBe('one');
    await masters[0]!.leadership.stop();
    await expect(write('two')).rejects.toThrow(Deposed);
    await expect(write('two')).rejects.toThrow('Did not write: part leads no longer.');
  });
});
