import { afterAll, beforeAll, expect, test } from 'vitest';
import { erase, kinds, pods, thing, write } from '../../master/store/cache.fixture.ts';
import { openEtcdStore } from '../../master/store/etcd.ts';
import { put, storeSuite } from '../../master/store/store.suite.ts';
import { type Store, StoreUnavailable } from '../../master/store/store.ts';
import { WatchCache } from '../../master/store/watch-cache.ts';
import { WatchRecorder } from '../../master/store/watch-recorder.fixture.ts';
import { sleep, systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { Registry } from '../../platform/metrics.ts';
import { startEtcd, type TestEtcd } from '../etcd.ts';

let etcd: TestEtcd;
let prefixes = 0;
const newPrefix = () => {
  prefixes += 1;
  return `/stowage-test-${prefixes}`;
};
const open = (prefix: string, timeoutMs?: number, historyRevisions?: number): Promise<Store> =>
  openEtcdStore({
    endpoints: etcd.endpoints,
    prefix,
    clock: systemClock,
    log: silentLogger,
    timeoutMs,
    historyRevisions,
  });

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(async () => {
  await etcd?.stop();
});

storeSuite('etcd', async () => {
  const prefix = newPrefix();
  let store = await open(prefix);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open(prefix);
      return store;
    },
    pass: (ms) => sleep(systemClock, ms),
    shortestLeaseMs: 2_000,
    dispose: () => store.close(),
  };
});

test('what is too long for one answer is listed in several', async () => {
  const prefix = newPrefix();
  const key = (i: number) => `/${String(i).padStart(3, '0')}`;
  const long = 'x'.repeat(2_000);
  const writer = await open(prefix);
  await Promise.all(Array.from({ length: 600 }, (_, i) => writer.commit(put(key(i), long))));
  const maxAnswerBytes = 550 * long.length;
  const options = { endpoints: etcd.endpoints, prefix, clock: systemClock, log: silentLogger };
  const reader = await openEtcdStore({ ...options, maxAnswerBytes });
  const { values, remaining } = await reader.list('/');
  expect(values.map((each) => each.key)).toEqual(Array.from({ length: 600 }, (_, i) => key(i)));
  expect(remaining).toBe(0);
  const tooStrict = await openEtcdStore({ ...options, maxAnswerBytes: 100 * long.length });
  await expect(tooStrict.list('/')).rejects.toThrow('at greater length than is taken');
  await Promise.all([writer, reader, tooStrict].map((store) => store.close()));
});

test('cells with prefixes of their own do not see each other', async () => {
  const [one, other] = [await open('/stowage-test-one'), await open('/stowage-test-one0')];
  const watcher = new WatchRecorder(one, '/', await one.revision());
  await other.commit(put('/a', 'theirs'));
  await one.commit(put('/b', 'ours'));
  await watcher.until(() => watcher.events.length > 0);
  expect(watcher.lines).toEqual(['put /b=ours']);
  expect((await one.list('/')).values.map(({ key }) => key)).toEqual(['/b']);
  await Promise.all([one.close(), other.close()]);
});

test("a revision made by somebody else's write comes to be seen by our watches", async () => {
  const [ours, theirs] = [await open(newPrefix()), await open(newPrefix())];
  const watcher = new WatchRecorder(ours, '/registry/', await ours.revision());
  await watcher.until(() => watcher.revision > 0);
  for (let i = 0; i < 3; i += 1) {
    const foreign = (await theirs.commit(put('/a', String(i)))).revision;
    const revisions = await Promise.all([ours.revision(), ours.revision(), ours.revision()]);
    expect(Math.min(...revisions)).toBeGreaterThanOrEqual(foreign);
    await watcher.until(() => watcher.revision >= Math.max(...revisions));
  }
  expect(watcher.events).toEqual([]);
  expect((await ours.list('/')).values).toEqual([]);
  await Promise.all([ours.close(), theirs.close()]);
});

test('thousands issued at once are grouped: far fewer revisions than commits', async () => {
  const store = await open(newPrefix());
  const before = await store.revision();
  const results = await Promise.all(
    Array.from({ length: 2_000 }, (_, i) => store.commit(put(`/k/${i}`, 'v'.repeat(1_500), 0))),
  );
  expect(results.every((result) => result.ok)).toBe(true);
  expect((await store.revision()) - before).toBeLessThan(200);
  expect((await store.list('/k/')).values).toHaveLength(2_000);
  await store.close();
});

test('large and small transactions go through side by side; one that is too large is refused alone', async () => {
  const store = await open(newPrefix());
  const many = Array.from({ length: 128 }, (_, i) => ({ type: 'put', key: `/many/${i}`, value: 'v' }) as const);
  const results = await Promise.allSettled([
    store.commit(put('/small/1', 'v')),
    store.commit({ compares: [], ops: many }),
    store.commit(put('/huge', 'v'.repeat(3_000_000))),
    store.commit({ compares: [], ops: [...many, { type: 'put', key: '/one/more', value: 'v' }] }),
    ...Array.from({ length: 20 }, (_, i) => store.commit(put(`/big/${i}`, 'v'.repeat(400_000)))),
    store.commit(put('/small/2', 'v')),
  ]);
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual(results.map((_, i) => i !== 2 && i !== 3));
  expect(results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))).toEqual([
    expect.stringMatching(/larger than its limit/),
    expect.stringMatching(/129 operations is too large/),
  ]);
  await store.close();
});

test('history is bounded by itself', async () => {
  const store = await open(newPrefix(), undefined, 50);
  const start = await store.revision();
  for (let i = 0; i < 120; i += 1) await store.commit(put('/a', String(i)));
  const watcher = new WatchRecorder(store, '/', start);
  await watcher.until(() => watcher.lost !== undefined);
  expect(watcher.lost?.name).toBe('RevisionCompacted');
  await store.close();
});

test('an etcd that stops answering is reported in time, and found again when it comes back', async () => {
  const store = await open(newPrefix(), 1_000);
  await store.commit(put('/a', '1'));
  await etcd.pause();
  try {
    const failures = await Promise.allSettled([store.commit(put('/a', '2')), store.get('/a'), store.revision()]);
    for (const failure of failures) {
      expect(failure.status === 'rejected' && failure.reason).toBeInstanceOf(StoreUnavailable);
      expect(String(failure.status === 'rejected' && failure.reason)).toContain('did not answer within 1 s');
    }
  } finally {
    etcd.resume();
  }
  await expect
    .poll(
      () =>
        store.get('/a').then(
          (value) => value?.key,
          () => undefined,
        ),
      { timeout: 20_000 },
    )
    .toBe('/a');
  await store.close();
});

test('a killed etcd ends watches and calls; after its restart everything acknowledged is there and watches resume', async () => {
  const store = await open(newPrefix(), 2_000);
  const start = await store.revision();
  const watcher = new WatchRecorder(store, '/', start);
  const acknowledged: string[] = [];
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let i = 0; ; i += 1) {
      const key = `/w${writer}/${i}`;
      const result = await store.commit(put(key, 'v')).catch((error: unknown) => error);
      if (result instanceof Error) return result;
      acknowledged.push(key);
    }
  });
  await watcher.until(() => watcher.events.length > 200);
  await etcd.kill();
  for (const failure of await Promise.all(writers)) expect(failure).toBeInstanceOf(StoreUnavailable);
  await watcher.until(() => watcher.lost !== undefined);
  expect(watcher.lost).toBeInstanceOf(StoreUnavailable);
  await etcd.restart();
  await expect.poll(() => store.revision().catch(() => 0), { timeout: 20_000 }).toBeGreaterThan(start);
  const keys = new Set((await store.list('/')).values.map(({ key }) => key));
  expect(acknowledged.filter((key) => !keys.has(key))).toEqual([]);
  const resumed = new WatchRecorder(store, '/', watcher.revision);
  const last = (await store.commit(put('/last', 'v'))).revision;
  await resumed.until(() => resumed.revision >= last);
  const told = [...watcher.events, ...resumed.events].map((event) => (event.type === 'put' ? event.value.key : ''));
  expect(new Set(told)).toEqual(new Set([...keys, '/last']));
  expect(told).toHaveLength(keys.size + 1);
  await store.close();
});

test('a watch cache over etcd comes through a restart and through a compaction it slept through', async () => {
  const prefix = newPrefix();
  const [store, other] = [await open(prefix, 2_000), await open(prefix, 2_000)];
  await write(store, pods, thing('a', 'x', { spec: { n: 1 } }));
  await write(store, pods, thing('a', 'gone'));
  const metrics = new Registry();
  const cache = new WatchCache({ store, resources: kinds, clock: systemClock, log: silentLogger, metrics });
  await cache.start();
  const told: string[] = [];
  cache.subscribe(pods, ({ type, object }) => told.push(`${type} ${object.metadata?.name}`));
  await etcd.kill();
  await etcd.restart();
  await expect.poll(() => other.revision().catch(() => 0), { timeout: 20_000 }).toBeGreaterThan(0);
  // The cache may have found etcd again before these or not; either way it ends up with the same.
  await erase(other, pods, 'a', 'gone');
  await write(other, pods, thing('a', 'x', { spec: { n: 2 } }));
  const last = await write(other, pods, thing('a', 'y', { spec: { n: 3 } }));
  await other.compact(last);
  await cache.waitFor(last, 20_000);
  expect(cache.list(pods).map(({ metadata, spec }) => [metadata?.name, spec?.n])).toEqual([
    ['x', 2],
    ['y', 3],
  ]);
  expect([...told].sort()).toEqual(['added y', 'deleted gone', 'modified x']);
  await cache.stop();
  await Promise.all([store.close(), other.close()]);
});

test('an etcd that is not there, and an endpoint that is none, are one sentence each', async () => {
  const openAt = (endpoints: string[]) =>
    openEtcdStore({ endpoints, clock: systemClock, log: silentLogger, timeoutMs: 2_000 });
  const refused = await openAt(['http://127.0.0.1:1']).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(StoreUnavailable);
  expect(String(refused)).toContain('Cannot reach etcd at http://127.0.0.1:1: it refuses connections; is it running?');
  await expect(openAt(['localhost:2379'])).rejects.toThrow(/"localhost:2379" is not an etcd endpoint/);
  await expect(openAt([])).rejects.toThrow(/No etcd endpoint/);
});
