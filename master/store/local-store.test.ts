import { expect, test } from 'vitest';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { LocalStore } from './local-store.ts';
import { MemoryTable } from './memory-table.ts';
import { put } from './store.suite.ts';
import { type Store, StoreUnavailable } from './store.ts';
import { WatchRecorder } from './watch-recorder.fixture.ts';

/** A table whose writes fail on demand, before anything is written or after everything is. */
class FaultyTable extends MemoryTable {
  fails: 'never' | 'before' | 'after' = 'never';
  writes = 0;

  override transaction<T>(work: () => T): T {
    this.writes += 1;
    if (this.fails === 'before') throw new Error('no space is left on the device');
    const result = work();
    if (this.fails === 'after') throw new Error('the disk did not answer');
    return result;
  }
}

function faultyStore(): { store: Store; table: FaultyTable; clock: ManualClock } {
  const table = new FaultyTable();
  const clock = new ManualClock();
  const options = { name: 'the store of the test', log: silentLogger, defer: queueMicrotask, historyRevisions: 100 };
  return { store: new LocalStore({ table, clock, ...options }), table, clock };
}

test('transactions issued in one turn share one write', async () => {
  const { store, table } = faultyStore();
  await Promise.all(Array.from({ length: 100 }, (_, i) => store.commit(put(`/${i}`, 'v'))));
  expect(table.writes).toBe(1);
});

test('a write that fails is reported to all of its group, watchers hear nothing, and the next one works', async () => {
  const { store, table } = faultyStore();
  const watcher = new WatchRecorder(store, '/', await store.revision());
  table.fails = 'before';
  const failures = await Promise.allSettled([store.commit(put('/a', '1')), store.commit(put('/b', '1'))]);
  for (const failure of failures) {
    expect(failure.status === 'rejected' && failure.reason).toBeInstanceOf(StoreUnavailable);
    expect(String(failure.status === 'rejected' && failure.reason)).toContain(
      'Cannot write the store of the test: no space is left on the device',
    );
  }
  table.fails = 'never';
  await store.commit(put('/c', '1'));
  expect(watcher.lines).toEqual(['put /c=1']);
});

test('a write that failed yet happened ends the watches, so that watchers look again', async () => {
  const { store, table } = faultyStore();
  const start = await store.revision();
  const watcher = new WatchRecorder(store, '/', start);
  await watcher.until(() => watcher.revision > 0);
  table.fails = 'after';
  await expect(store.commit(put('/a', '1'))).rejects.toBeInstanceOf(StoreUnavailable);
  table.fails = 'never';
  await watcher.until(() => watcher.lost !== undefined);
  expect(watcher.lost).toBeInstanceOf(StoreUnavailable);
  const again = new WatchRecorder(store, '/', start);
  await again.until(() => again.events.length > 0);
  expect(again.lines).toEqual(['put /a=1']);
});

test('keys of an expired lease are deleted as soon as the store can be written again', async () => {
  const { store, table, clock } = faultyStore();
  const lease = await store.grantLease(1_000);
  await store.commit(put('/a', '1', undefined, lease.id));
  table.fails = 'before';
  await clock.advance(5_000);
  expect(await store.get('/a')).toBeDefined();
  table.fails = 'never';
  await clock.advance(1_000);
  expect(await store.get('/a')).toBeUndefined();
});
