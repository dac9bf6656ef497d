import { afterEach, describe, expect, test } from 'vitest';
import {
  type CommitResult,
  LeaseLost,
  RevisionCompacted,
  type Store,
  StoreUnavailable,
  type Transaction,
} from './store.ts';
import { storeModelSuite } from './store-model.suite.ts';
import { WatchRecorder } from './watch-recorder.fixture.ts';

/** A fresh, empty store for one test. */
export interface StoreFixture {
  readonly store: Store;
  /** Closes the store and opens what it left behind. Absent where nothing is left behind; then say `durable: false`. */
  reopen?(): Promise<Store>;
  /** Lets the time of leases pass. */
  pass(ms: number): Promise<void>;
  /** Shortest lease the store can keep, in milliseconds. */
  readonly shortestLeaseMs: number;
  /** Releases everything. The store may be closed already. */
  dispose(): Promise<void>;
}

export const put = (key: string, value: string, modRevision?: number, lease?: string): Transaction => ({
  compares: modRevision === undefined ? [] : [{ key, modRevision }],
  ops: [{ type: 'put', key, value, lease }],
});
export const remove = (key: string, modRevision?: number): Transaction => ({
  compares: modRevision === undefined ? [] : [{ key, modRevision }],
  ops: [{ type: 'delete', key }],
});

/** What every adapter of the Store seam must do. */
export function storeSuite(name: string, open: () => Promise<StoreFixture>, { durable = true } = {}): void {
  describe(`${name}: the Store contract`, () => {
    const fixtures: StoreFixture[] = [];
    const fixture = async () => {
      const made = await open();
      fixtures.push(made);
      return made;
    };
    const fresh = async () => (await fixture()).store;
    afterEach(async () => {
      for (const made of fixtures.splice(0)) await made.dispose();
    });
    commitTests(fresh);
    listTests(fresh);
    watchTests(fresh);
    leaseTests(fixture);
    lifeTests(fresh);
    if (durable) durabilityTests(fixture);
    storeModelSuite(fresh, async () => {
      for (const made of fixtures.splice(0)) await made.dispose();
    });
  });
}

type Fresh = () => Promise<Store>;

async function committed(store: Store, transaction: Transaction): Promise<number> {
  const result = await store.commit(transaction);
  if (!result.ok) throw new Error(`refused: ${JSON.stringify([...result.found])}`);
  return result.revision;
}

function commitTests(fresh: Fresh): void {
  test('an empty store has a revision and no keys', async () => {
    const store = await fresh();
    expect(await store.revision()).toBeGreaterThanOrEqual(1);
    expect(await store.get('/a')).toBeUndefined();
    expect((await store.list('/')).values).toEqual([]);
  });

  test('a put makes a larger revision and is read back with it', async () => {
    const store = await fresh();
    const before = await store.revision();
    const revision = await committed(store, put('/a', 'one'));
    expect(revision).toBeGreaterThan(before);
    expect(await store.revision()).toBeGreaterThanOrEqual(revision);
    expect(await store.get('/a')).toEqual({ key: '/a', value: 'one', modRevision: revision });
  });

  test('values keep every character', async () => {
    const store = await fresh();
    const value = 'naïve 日本 \u{1f6a2} "\\ \n\t \u2028 end';
    await store.commit(put('/ключ/\u{1f6a2}', value));
    expect((await store.get('/ключ/\u{1f6a2}'))?.value).toBe(value);
  });

  test('revision 0 in a compare means absent: the second create is refused and shows what is there', async () => {
    const store = await fresh();
    const revision = await committed(store, put('/a', 'one', 0));
    const second = await store.commit(put('/a', 'two', 0));
    expect(second.ok).toBe(false);
    expect(second.ok ? [] : [...second.found]).toEqual([['/a', { key: '/a', value: 'one', modRevision: revision }]]);
    expect((await store.get('/a'))?.value).toBe('one');
  });

  test('one failed compare undoes the whole transaction; only failed compares are shown', async () => {
    const store = await fresh();
    const a = await committed(store, put('/a', 'one'));
    const result = await store.commit({
      compares: [
        { key: '/a', modRevision: a },
        { key: '/b', modRevision: 77 },
      ],
      ops: [
        { type: 'put', key: '/a', value: 'two' },
        { type: 'put', key: '/c', value: 'new' },
      ],
    });
    expect(result.ok).toBe(false);
    expect(result.ok ? [] : [...result.found]).toEqual([['/b', undefined]]);
    expect((await store.get('/a'))?.value).toBe('one');
    expect(await store.get('/c')).toBeUndefined();
  });

  test('a transaction of several keys happens at one revision', async () => {
    const store = await fresh();
    await committed(store, put('/gone', 'x'));
    const revision = await committed(store, {
      compares: [],
      ops: [
        { type: 'put', key: '/a', value: '1' },
        { type: 'delete', key: '/gone' },
        { type: 'put', key: '/b', value: '2' },
      ],
    });
    const { values } = await store.list('/');
    expect(values.map(({ key, modRevision }) => [key, modRevision])).toEqual([
      ['/a', revision],
      ['/b', revision],
    ]);
  });

  test('a key in two operations of one transaction is an error, and nothing happens', async () => {
    const store = await fresh();
    const twice: Transaction = {
      compares: [],
      ops: [
        { type: 'put', key: '/a', value: '1' },
        { type: 'delete', key: '/a' },
      ],
    };
    await expect(store.commit(twice)).rejects.toThrow(/"\/a"/);
    expect(await store.get('/a')).toBeUndefined();
  });

  test('a transaction that changes nothing succeeds and makes no revision', async () => {
    const store = await fresh();
    const before = await committed(store, put('/a', '1'));
    expect(await store.commit(remove('/absent'))).toEqual({ ok: true, revision: before });
    expect(await store.commit({ compares: [{ key: '/a', modRevision: before }], ops: [] })).toEqual({
      ok: true,
      revision: before,
    });
    expect(await store.revision()).toBe(before);
  });

  test('of many who race for one key exactly one wins', async () => {
    const store = await fresh();
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => store.commit(put('/a', `w${i}`, 0))));
    const winners = results.flatMap((result, i) => (result.ok ? [i] : []));
    expect(winners).toHaveLength(1);
    expect((await store.get('/a'))?.value).toBe(`w${winners[0]}`);
    const found = results.filter((result): result is CommitResult & { ok: false } => !result.ok);
    expect(found.every((result) => result.found.get('/a')?.value === `w${winners[0]}`)).toBe(true);
  });

  test('transactions issued together that write one key happen one after the other', async () => {
    const store = await fresh();
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => store.commit(put('/a', String(i)))));
    const revisions = results.map((result) => result.revision);
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    expect((await store.get('/a'))?.value).toBe('19');
  });

  test('hundreds issued together each succeed or fail by their own compares', async () => {
    const store = await fresh();
    const key = (i: number) => `/many/${String(i).padStart(4, '0')}`;
    await Promise.all(Array.from({ length: 100 }, (_, i) => store.commit(put(key(i * 3), 'taken'))));
    const results = await Promise.all(Array.from({ length: 300 }, (_, i) => store.commit(put(key(i), 'new', 0))));
    expect(results.flatMap((result, i) => (result.ok ? [] : [i]))).toEqual(
      Array.from({ length: 100 }, (_, i) => i * 3),
    );
    expect((await store.list('/many/')).values).toHaveLength(300);
  });

  test('a compare of a key that others compare too, as of leadership, does not keep them apart', async () => {
    const store = await fresh();
    const leader = await committed(store, put('/leader', 'me'));
    const write = (i: number): Transaction => ({
      compares: [{ key: '/leader', modRevision: leader }],
      ops: [{ type: 'put', key: `/k/${i}`, value: 'v' }],
    });
    const before = await Promise.all(Array.from({ length: 30 }, (_, i) => store.commit(write(i))));
    expect(before.every((result) => result.ok)).toBe(true);
    await store.commit(put('/leader', 'another'));
    const after = await Promise.all(Array.from({ length: 30 }, (_, i) => store.commit(write(i))));
    expect(after.some((result) => result.ok)).toBe(false);
  });
}

function listTests(fresh: Fresh): void {
  test('lists the keys under a prefix in byte order', async () => {
    const store = await fresh();
    const keys = ['/p/b', '/p/a/2', '/p/a/10', '/p/a', '/p/a-b', '/p0', '/o', '/p/\u{1f6a2}', '/p/\uff01', '/p/é'];
    for (const key of keys) await store.commit(put(key, 'v'));
    const expected = keys
      .filter((key) => key.startsWith('/p/'))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const result = await store.list('/p/');
    expect(result.values.map(({ key }) => key)).toEqual(expected);
    expect(result.remaining).toBe(0);
    expect(result.revision).toBe(await store.revision());
  });

  test('pages at one revision while others write', async () => {
    const store = await fresh();
    for (let i = 0; i < 7; i += 1) await store.commit(put(`/p/${i}`, 'old'));
    const first = await store.list('/p/', { limit: 3 });
    expect([first.values.map(({ key }) => key), first.remaining]).toEqual([['/p/0', '/p/1', '/p/2'], 4]);
    await store.commit(put('/p/4', 'new'));
    await store.commit(put('/p/45', 'new'));
    await store.commit(remove('/p/5'));
    const rest = await store.list('/p/', { revision: first.revision, limit: 3, after: '/p/2' });
    expect(rest.values.map(({ key, value }) => key + value)).toEqual(['/p/3old', '/p/4old', '/p/5old']);
    expect([rest.remaining, rest.revision]).toEqual([1, first.revision]);
    const last = await store.list('/p/', { revision: first.revision, limit: 3, after: '/p/5' });
    expect([last.values.map(({ key }) => key), last.remaining]).toEqual([['/p/6'], 0]);
  });

  test('lists more than one page of the adapter at once', async () => {
    const store = await fresh();
    const keys = Array.from({ length: 1_203 }, (_, i) => `/p/${String(i).padStart(5, '0')}`);
    await Promise.all(keys.map((key) => store.commit(put(key, 'v'.repeat(100)))));
    expect((await store.list('/p/')).values.map(({ key }) => key)).toEqual(keys);
  });

  test('a revision that was compacted is refused, the newest is not', async () => {
    const store = await fresh();
    const first = await committed(store, put('/a', '1'));
    await store.commit(put('/a', '2'));
    const third = await committed(store, put('/a', '3'));
    await store.compact(third);
    await expect(store.list('/', { revision: first })).rejects.toBeInstanceOf(RevisionCompacted);
    expect((await store.list('/', { revision: third })).values.map(({ value }) => value)).toEqual(['3']);
    expect((await store.get('/a'))?.value).toBe('3');
    await store.compact(first);
  });
}

function watchTests(fresh: Fresh): void {
  test('tells what happens under a prefix after a revision, in order', async () => {
    const store = await fresh();
    const first = await committed(store, put('/w/a', '1'));
    await store.commit(put('/w/b', '1'));
    await store.commit(put('/other', 'x'));
    const watcher = new WatchRecorder(store, '/w/', first);
    expect(watcher.events).toEqual([]);
    await store.commit(put('/w/a', '2'));
    const last = await committed(store, remove('/w/b'));
    await watcher.until(() => watcher.events.length >= 4 || watcher.revision >= last);
    expect(watcher.lines).toEqual(['put /w/b=1', 'put /w/a=2', 'delete /w/b']);
    const revisions = watcher.events.map((event) => (event.type === 'put' ? event.value : event).modRevision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(revisions.at(-1)).toBe(last);
  });

  test('the past that a watch is told of holds the values of then, not those of now', async () => {
    const store = await fresh();
    const start = await store.revision();
    await store.commit(put('/a', '1'));
    await store.commit(put('/a', '2'));
    await store.commit(remove('/a'));
    const last = await committed(store, put('/a', '3'));
    const watcher = new WatchRecorder(store, '/', start);
    await watcher.until(() => watcher.revision >= last);
    expect(watcher.lines).toEqual(['put /a=1', 'put /a=2', 'delete /a', 'put /a=3']);
  });

  test('what is committed while a watch begins is told once and in its place', async () => {
    const store = await fresh();
    const start = await store.revision();
    await store.commit(put('/a', '1'));
    const underWay = store.commit(put('/b', '1'));
    const watcher = new WatchRecorder(store, '/', start);
    await underWay;
    const last = await committed(store, put('/c', '1'));
    await watcher.until(() => watcher.revision >= last);
    expect(watcher.lines).toEqual(['put /a=1', 'put /b=1', 'put /c=1']);
  });

  test('learns of revisions that change nothing under its prefix', async () => {
    const store = await fresh();
    const watcher = new WatchRecorder(store, '/w/', await store.revision());
    const revision = await committed(store, put('/other', 'x'));
    await watcher.until(() => watcher.revision >= revision);
    expect(watcher.events).toEqual([]);
  });

  test('a batch holds whole revisions', async () => {
    const store = await fresh();
    const watcher = new WatchRecorder(store, '/', await store.revision());
    const ops = Array.from({ length: 40 }, (_, i) => ({ type: 'put', key: `/k${i}`, value: 'v' }) as const);
    const revision = await committed(store, { compares: [], ops });
    await watcher.until(() => watcher.revision >= revision);
    expect(watcher.batches.filter(({ events }) => events.length > 0).map(({ events }) => events.length)).toEqual([40]);
  });

  test('a stopped watch says nothing more', async () => {
    const store = await fresh();
    const start = await store.revision();
    const stopped = new WatchRecorder(store, '/', start);
    stopped.watch.stop();
    const revision = await committed(store, put('/a', '1'));
    const witness = new WatchRecorder(store, '/', start);
    await witness.until(() => witness.revision >= revision);
    expect([stopped.events, stopped.lost]).toEqual([[], undefined]);
  });

  test('a watch from a compacted revision is lost with RevisionCompacted', async () => {
    const store = await fresh();
    const first = await committed(store, put('/a', '1'));
    const second = await committed(store, put('/a', '2'));
    const third = await committed(store, remove('/a'));
    await store.compact(third);
    for (const after of [first, second]) {
      const watcher = new WatchRecorder(store, '/', after);
      await watcher.until(() => watcher.lost !== undefined);
      expect(watcher.lost).toBeInstanceOf(RevisionCompacted);
      expect(watcher.events).toEqual([]);
    }
    const alive = new WatchRecorder(store, '/', third);
    const fourth = await committed(store, put('/a', '4'));
    await alive.until(() => alive.revision >= fourth || alive.lost !== undefined);
    expect(alive.lines).toEqual(['put /a=4']);
  });
}

function leaseTests(fixture: () => Promise<StoreFixture>): void {
  test('keys of a lease vanish with delete events when it is not kept alive', async () => {
    const { store, pass, shortestLeaseMs } = await fixture();
    const lease = await store.grantLease(shortestLeaseMs);
    await store.commit(put('/kept', 'no lease'));
    const revision = await committed(store, put('/leased', 'x', undefined, lease.id));
    const watcher = new WatchRecorder(store, '/', revision);
    await pass(shortestLeaseMs + 1);
    await watcher.until(() => watcher.events.length > 0);
    expect(watcher.lines).toEqual(['delete /leased']);
    expect(await store.get('/leased')).toBeUndefined();
    expect(await store.get('/kept')).toBeDefined();
    await expect(lease.keepAlive()).rejects.toBeInstanceOf(LeaseLost);
  });

  test('a lease that is kept alive holds its keys', async () => {
    const { store, pass, shortestLeaseMs } = await fixture();
    const lease = await store.grantLease(shortestLeaseMs);
    await store.commit(put('/leased', 'x', undefined, lease.id));
    for (let i = 0; i < 4; i += 1) {
      await pass(shortestLeaseMs / 2);
      await lease.keepAlive();
    }
    expect(await store.get('/leased')).toBeDefined();
  });

  test('revoking a lease deletes its keys; a put with it is refused, alone among those issued with it', async () => {
    const { store, shortestLeaseMs } = await fixture();
    const lease = await store.grantLease(shortestLeaseMs * 10);
    await store.commit(put('/a', 'x', undefined, lease.id));
    await store.commit(put('/b', 'x', undefined, lease.id));
    await store.commit(put('/e', 'x'));
    // A put without the lease takes its key off the lease, and one with it puts it on.
    await store.commit(put('/b', 'free'));
    await store.commit(put('/e', 'leased', undefined, lease.id));
    await lease.revoke();
    expect((await store.list('/')).values.map(({ key }) => key)).toEqual(['/b']);
    await expect(lease.keepAlive()).rejects.toBeInstanceOf(LeaseLost);
    const [refused, accepted] = await Promise.allSettled([
      store.commit(put('/c', 'x', undefined, lease.id)),
      store.commit(put('/d', 'x')),
    ]);
    expect(refused.status === 'rejected' && refused.reason).toBeInstanceOf(LeaseLost);
    expect(accepted.status === 'fulfilled' && accepted.value.ok).toBe(true);
    expect(await store.get('/c')).toBeUndefined();
  });
}

function lifeTests(fresh: Fresh): void {
  test('a closed store says so, and its watches end', async () => {
    const store = await fresh();
    const watcher = new WatchRecorder(store, '/', await store.revision());
    await store.close();
    await watcher.until(() => watcher.lost !== undefined);
    expect(watcher.lost).toBeInstanceOf(StoreUnavailable);
    await expect(store.get('/a')).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(store.commit(put('/a', '1'))).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(store.revision()).rejects.toBeInstanceOf(StoreUnavailable);
    await store.close();
  });
}

function durabilityTests(fixture: () => Promise<StoreFixture>): void {
  test('what was committed is there after the store is opened again, with its history and leases', async () => {
    const { store, reopen, pass, shortestLeaseMs } = await fixture();
    if (!reopen) throw new Error('a durable store needs `reopen` in its fixture');
    const start = await store.revision();
    const lease = await store.grantLease(shortestLeaseMs);
    await store.commit(put('/a', '1'));
    const middle = await store.revision();
    await store.commit(put('/a', '2'));
    const last = await committed(store, put('/leased', 'x', undefined, lease.id));
    const again = await reopen();
    expect(await again.revision()).toBe(last);
    expect((await again.get('/a'))?.value).toBe('2');
    expect((await again.list('/', { revision: middle })).values.map(({ value }) => value)).toEqual(['1']);
    const watcher = new WatchRecorder(again, '/', start);
    await watcher.until(() => watcher.events.length >= 3);
    expect(watcher.lines).toEqual(['put /a=1', 'put /a=2', 'put /leased=x']);
    await pass(shortestLeaseMs + 1);
    await watcher.until(() => watcher.events.length >= 4);
    expect(watcher.lines.at(-1)).toBe('delete /leased');
    expect(await committed(again, put('/b', '1'))).toBeGreaterThan(last + 1);
  });
}
