import { describe, expect, test } from 'vitest';
import { unavailable } from '../../api/meta/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { seededRng } from '../../platform/rng.ts';
import { LatestWriter } from './latest-writer.ts';

/** A writer whose writes end when the test says so. */
function harness() {
  const timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => 0,
    setTimer: (_delay, fn) => {
      timers.push(fn);
      return { cancel: () => timers.splice(timers.indexOf(fn), 1) };
    },
  };
  const writes: { key: string; value: number; done: () => void; fail: (error: Error) => void }[] = [];
  const failures: string[] = [];
  const writer = new LatestWriter<number>({
    clock,
    rng: seededRng(1),
    write: (key, value) => new Promise<void>((done, fail) => writes.push({ key, value, done, fail })),
    merge: (_older, newer) => newer,
    failed: (key) => failures.push(key),
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { writer, writes, failures, timers, settled };
}

describe('the latest writer', () => {
  test('has one write per key under way; the newest of what came meanwhile follows', async () => {
    const { writer, writes, settled } = harness();
    for (const value of [1, 2, 3]) writer.put('a', value);
    writer.put('b', 9);
    expect(writes.map(({ key, value }) => [key, value])).toEqual([
      ['a', 1],
      ['b', 9],
    ]);
    writes[0]?.done();
    await settled();
    expect(writes.slice(2).map(({ key, value }) => [key, value])).toEqual([['a', 3]]);
  });

  test('tries again while the store is away, with the newest value', async () => {
    const { writer, writes, timers, failures, settled } = harness();
    writer.put('a', 1);
    writes[0]?.fail(unavailable('the store is away'));
    await settled();
    writer.put('a', 2);
    expect(writes).toHaveLength(1);
    timers.shift()?.();
    expect(writes[1]?.value).toBe(2);
    expect(failures).toEqual([]);
  });

  test('gives up what will never succeed', async () => {
    const { writer, writes, timers, failures, settled } = harness();
    writer.put('a', 1);
    writes[0]?.fail(new Error('bad'));
    await settled();
    expect(failures).toEqual(['a']);
    expect(timers).toEqual([]);
  });

  test('bounds the writes under way over all keys', async () => {
    const { writer, writes, settled } = harness();
    for (let i = 0; i < 200; i++) writer.put(`key-${i}`, i);
    expect(writes).toHaveLength(64);
    for (const write of writes.slice()) write.done();
    await settled();
    expect(writes).toHaveLength(128);
  });

  test('after stop nothing is begun, and what was under way has ended', async () => {
    const { writer, writes } = harness();
    writer.put('a', 1);
    writer.put('a', 2);
    const stopped = writer.stop();
    writes[0]?.done();
    await stopped;
    writer.put('b', 1);
    expect(writes).toHaveLength(1);
  });
});
