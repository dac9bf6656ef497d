import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';
import { seededRng } from './rng.ts';

test('delays double from the base up to the limit, and keep to the upper half of each step', () => {
  const policy = { baseMs: 100, maxMs: 1000 };
  const bounds = [
    [1, 100],
    [2, 200],
    [3, 400],
    [4, 800],
    [5, 1000],
    [50, 1000],
  ] as const;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const rng = seededRng(seed);
      for (const [failures, ceiling] of bounds) {
        const delay = backoffMs(policy, failures, rng);
        expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
        expect(delay).toBeLessThan(ceiling);
      }
    }),
  );
});
