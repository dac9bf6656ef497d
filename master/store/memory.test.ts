import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { memoryStore } from './memory.ts';
import { put, storeSuite } from './store.suite.ts';
import { RevisionCompacted } from './store.ts';

const openMemory = async () => {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  return { store, pass: (ms: number) => clock.advance(ms), shortestLeaseMs: 1_000, dispose: () => store.close() };
};

storeSuite('memory', openMemory, { durable: false });

test('history is bounded by itself', async () => {
  const store = memoryStore({ clock: new ManualClock(), historyRevisions: 16 });
  for (let i = 0; i < 100; i += 1) await store.commit(put('/a', String(i)));
  const newest = await store.revision();
  await expect(store.list('/', { revision: newest - 20 })).rejects.toBeInstanceOf(RevisionCompacted);
  expect((await store.list('/', { revision: newest - 16 })).values[0]?.value).toBe('83');
});

test('one timer for all leases, and none without a lease', async () => {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  expect(clock.pending).toBe(0);
  const leases = await Promise.all([3_000, 1_000, 2_000].map((ttlMs) => store.grantLease(ttlMs)));
  for (const { id } of leases) await store.commit(put(`/${id}`, 'x', undefined, id));
  expect(clock.pending).toBe(1);
  const left = async () => (await store.list('/')).values.length;
  await clock.advance(1_000);
  expect(await left()).toBe(2);
  await clock.advance(1_000);
  expect(await left()).toBe(1);
  await clock.advance(1_000);
  expect([await left(), clock.pending]).toEqual([0, 0]);
});
