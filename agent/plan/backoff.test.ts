import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crashesAfter, restartDelayMs, retryDelayMs } from './backoff.ts';

const short = (crashes: number) => ({ crashes, startedAtMs: 0, finishedAtMs: 1000 });

describe('delay before a restart', () => {
  test('none, then 10 s doubling up to five minutes', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 7].map((crashes) => restartDelayMs(short(crashes)) / 1000);
    expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  test('a run of ten minutes forgives what was before', () => {
    const long = { crashes: 6, startedAtMs: 0, finishedAtMs: 600_000 };
    expect(restartDelayMs(long)).toBe(0);
    expect(crashesAfter(long)).toBe(1);
    expect(restartDelayMs({ ...long, finishedAtMs: 599_999 })).toBe(300_000);
  });

  test('a container that never started counts as a short run', () => {
    expect(restartDelayMs({ crashes: 2, finishedAtMs: 5 })).toBe(20_000);
  });
});

test('the delay of a failing step never shrinks and stays within its bound', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('ErrImagePull', 'CreateContainerError'),
      fc.integer({ min: 1, max: 60 }),
      (reason, n) => {
        expect(retryDelayMs(reason, n + 1)).toBeGreaterThanOrEqual(retryDelayMs(reason, n));
        expect(retryDelayMs(reason, n)).toBeLessThanOrEqual(300_000);
      },
    ),
  );
});
