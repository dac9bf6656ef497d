import { expect, test } from 'vitest';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { memoryStore } from '../memory.ts';
import { put, storeSuite } from '../store.suite.ts';
import { RevisionCompacted } from '../store.ts';
import { ShiftedStore } from './shifted-store.ts';

const OFFSET = 1_000_000;
const shifted = (clock = new ManualClock()) => new ShiftedStore(memoryStore({ clock }), OFFSET);

storeSuite(
  'shifted',
  async () => {
    const clock = new ManualClock();
    const store = shifted(clock);
    return {
      store,
      pass: async (ms: number) => clock.advance(ms),
      shortestLeaseMs: 1_000,
      dispose: () => store.close(),
    };
  },
  { durable: false },
);

test('revisions of the store before are too old to be asked about, and match nothing', async () => {
  const store = shifted();
  const { revision } = await store.commit(put('/a', '1', 0));
  expect(revision).toBeGreaterThan(OFFSET);
  await expect(store.list('/', { revision: OFFSET })).rejects.toThrow(RevisionCompacted);
  const lost = new Promise((resolve) => store.watch('/', 7, { events() {}, lost: resolve }));
  expect(await lost).toBeInstanceOf(RevisionCompacted);
  // What the store inside calls 2 is not what the cell called 2 once.
  expect(await store.commit(put('/a', '2', revision - OFFSET))).toMatchObject({ ok: false });
  expect(await store.commit(put('/a', '2', revision))).toMatchObject({ ok: true });
});
