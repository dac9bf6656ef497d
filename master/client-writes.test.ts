import { expect, test } from 'vitest';
import { ManualClock } from '../platform/manual-clock.fixture.ts';
import { ClientWrites } from './client-writes.ts';

/** Bulk work of `count` writes, one after the other; `done` says how many it has made. */
function bulk(writes: ClientWrites, count: number): { done: number } {
  const work = { done: 0 };
  const run = async () => {
    for (; work.done < count; work.done++) await writes.room();
  };
  void run();
  return work;
}

function ground() {
  const clock = new ManualClock();
  const writes = new ClientWrites(clock);
  const clientsWrite = async (count: number) => {
    for (let index = 0; index < count; index++) {
      writes.began();
      writes.ended();
      await clock.advance(0);
    }
  };
  return { clock, writes, clientsWrite };
}

test('where nobody else writes, bulk work begins slowly and soon has all it wants', async () => {
  const { clock, writes } = ground();
  const all = Array.from({ length: 50 }, () => bulk(writes, 100));
  const made = () => all.reduce((sum, { done }) => sum + done, 0);
  const seen: number[] = [];
  for (let step = 0; step < 9; step++) {
    await clock.advance(step === 0 ? 0 : 20);
    seen.push(made());
  }
  expect(seen[0]).toBeLessThanOrEqual(32);
  for (const [index, count] of seen.slice(1).entries()) expect(count).toBeLessThanOrEqual(32 * 2 ** (index + 2));
  expect(made()).toBe(5_000);
});

test('while clients write it has a tenth of what they have, and everybody with bulk work has his share of that', async () => {
  const { writes, clientsWrite } = ground();
  writes.began();
  const [one, other] = [bulk(writes, 500), bulk(writes, 500)];
  await clientsWrite(200);
  expect([one.done, other.done]).toEqual([10, 10]);
});

test('clients that never rest leave it a write in 20 ms', async () => {
  const { clock, writes } = ground();
  writes.began();
  const work = bulk(writes, 500);
  for (let step = 0; step < 50; step++) await clock.advance(20);
  expect(work.done).toBe(50);
});

test('it goes on once clients have rested for 20 ms', async () => {
  const { clock, writes, clientsWrite } = ground();
  writes.began();
  const all = Array.from({ length: 30 }, () => bulk(writes, 100));
  await clientsWrite(10);
  writes.ended();
  await clock.advance(19);
  expect(all.reduce((sum, { done }) => sum + done, 0)).toBeLessThan(5);
  await clock.advance(2_000);
  expect(all.map(({ done }) => done)).toEqual(Array(30).fill(100));
});
