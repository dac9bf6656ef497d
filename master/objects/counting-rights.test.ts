import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { namespaces } from '../../api/core/namespace.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { resourceQuotas } from '../../api/core/resource-quota.ts';
import { resources } from '../../api/registry.ts';
import { bandQuotas } from '../../api/stowage/band-quota.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { seededRng } from '../../platform/rng.ts';
import { bootstrap } from '../bootstrap.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { outcome } from './admission/admission.fixture.ts';
import { QuotaLedger } from './admission/quota-ledger.ts';
import { ResourceQuotaLedger } from './admission/resource-quota-ledger.ts';
import { standardAdmission } from './admission/standard.ts';
import { CountingRights } from './counting-rights.ts';
import { createObjects } from './create-objects.ts';
import type { Objects } from './objects.ts';

const CONTEXT = { user: 'tester' };
const uuids = seededRng(3);

let store: Store;
let stops: (() => Promise<void> | void)[];

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

/** One of several masters, whose way to the store takes `delays` turns of the event loop, one after the other. */
async function master(name: string, delays: readonly number[] = [0]): Promise<Objects> {
  const clock = new ManualClock();
  const cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  let calls = 0;
  const late: Store = {
    revision: () => store.revision(),
    get: (key) => store.get(key),
    list: (prefix, options) => store.list(prefix, options),
    watch: (prefix, after, handlers) => store.watch(prefix, after, handlers),
    grantLease: (ttlMs) => store.grantLease(ttlMs),
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    async commit(transaction) {
      const delay = delays[calls++ % delays.length] ?? 0;
      await turns(delay);
      const result = await store.commit(transaction);
      await turns(delay % 2);
      return result;
    },
  };
  const [bands, quotas] = [new QuotaLedger(cache, clock), new ResourceQuotaLedger(cache, clock)];
  const rng = { ...seededRng(1), uuid: () => uuids.uuid() };
  // Waiting is the clock's; here it takes a turn.
  const soon = { ...clock, now: () => 0, monotonicMs: () => 0, setTimer: timer };
  const counting = new CountingRights({ store: late, cache, clock: soon, rng, holder: name });
  const admission = standardAdmission(bands, quotas);
  stops.push(
    () => cache.stop(),
    () => quotas.stop(),
    () => bands.stop(),
  );
  const objects = createObjects({ store: late, cache, clock, rng, admission, counting });
  if (name === 'first') await bootstrap(cache, objects);
  return objects;
}

const timer = (_ms: number, fn: () => void) => {
  const handle = setImmediate(fn);
  return { cancel: () => clearImmediate(handle) };
};

const pod = (name: string, cpu = '100m'): Pod => ({
  metadata: { name, namespace: 'team' },
  spec: { containers: [{ name: 'app', image: 'app', resources: { requests: { cpu } } }] },
});

async function cell(): Promise<Objects> {
  store = memoryStore({ clock: new ManualClock() });
  stops = [];
  const first = await master('first');
  await first.create(namespaces, { metadata: { name: 'team' } }, CONTEXT);
  return first;
}

async function over(): Promise<void> {
  for (const stop of stops.reverse()) await stop();
  await store.close();
}

beforeEach(async () => void (await cell()));
afterEach(over);

const countIn = async () => (await store.list('/registry/core/pods/team/')).values.length;

test('several masters at once let in as much as a quota grants, and no more', async () => {
  const schedule = fc.record({
    hard: fc.integer({ min: 1, max: 6 }),
    /** Whose each creation is. */
    whose: fc.array(fc.nat(2), { minLength: 4, maxLength: 16 }),
    delays: fc.array(fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }), { minLength: 3, maxLength: 3 }),
    pauses: fc.array(fc.nat(6), { minLength: 1, maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(schedule, async ({ hard, whose, delays, pauses }) => {
      await over();
      const first = await cell();
      const quota = { metadata: { name: 'all', namespace: 'team' }, spec: { hard: { pods: String(hard) } } };
      await first.create(resourceQuotas, quota, CONTEXT);
      const masters = [first, await master('second', delays[1]), await master('third', delays[2])];
      const made: Promise<string>[] = [];
      for (const [index, who] of whose.entries()) {
        made.push(outcome(masters[who]!.create(pods, pod(`p${index}`), CONTEXT)));
        await turns(pauses[index % pauses.length]!);
      }
      const outcomes = await Promise.all(made);
      expect(await countIn()).toBe(Math.min(hard, whose.length));
      for (const text of outcomes) expect(text).toMatch(/^done$|exceeded quota: all/);
    }),
    { numRuns: 60, seed: 5 },
  );
});

test('a band quota is exact too, and so is growth', async () => {
  const first = await master('one', [2, 1]);
  const second = await master('two', [1, 3]);
  const hard = { batch: { cpu: '300m' } };
  await first.create(bandQuotas, { metadata: { name: 'granted', namespace: 'team' }, spec: { hard } }, CONTEXT);
  await turns(2);
  const created = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name, at) => outcome((at % 2 ? first : second).create(pods, pod(name), CONTEXT))),
  );
  expect(created.filter((text) => text === 'done')).toHaveLength(3);
  await first.delete(pods, 'team', 'a', CONTEXT).catch(() => {});
  await first.delete(pods, 'team', 'b', CONTEXT).catch(() => {});
  const left = (await store.list('/registry/core/pods/team/')).values.map(({ key }) => key.split('/').at(-1)!);
  const grown = await Promise.all(
    left.flatMap((name) =>
      [first, second].map((objects) =>
        outcome(
          objects.update(
            pods,
            'team',
            name,
            (current) => {
              current.spec!.containers[0]!.resources = { requests: { cpu: '200m' } };
            },
            CONTEXT,
            { part: 'resize' },
          ),
        ),
      ),
    ),
  );
  const cpus = (await store.list('/registry/core/pods/team/')).values.map(
    ({ value }) => (JSON.parse(value) as Pod).spec?.containers[0]?.resources?.requests?.cpu,
  );
  const sum = cpus.reduce((total, cpu) => total + Number.parseInt(String(cpu), 10), 0);
  expect(sum).toBeLessThanOrEqual(300);
  expect(grown).toContain('done');
});

test('where nothing is counted, nothing more is written', async () => {
  const one = await master('one');
  await one.create(pods, pod('a'), CONTEXT);
  expect((await store.list('/quota/')).values).toEqual([]);
  const quota = { metadata: { name: 'all', namespace: 'team' }, spec: { hard: { pods: '5' } } };
  await one.create(resourceQuotas, quota, CONTEXT);
  await turns(2);
  await one.create(pods, pod('b'), CONTEXT);
  const [right] = (await store.list('/quota/')).values;
  expect(right).toMatchObject({ key: '/quota/counting/team', value: 'one' });
  await one.create(pods, pod('c'), CONTEXT);
  expect((await store.list('/quota/')).values).toEqual([right]);
});
