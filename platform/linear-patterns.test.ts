import { expect, test } from 'vitest';
import { searchInLinearTime } from './linear-patterns.ts';

test('a pattern that backtracks without end comes to an end', () => {
  searchInLinearTime();
  const startedMs = performance.now();
  // Not a literal: patterns are made after the process was told.
  const pattern = new RegExp(['^(a', '+)+$'].join(''));
  expect(pattern.test(`${'a'.repeat(60)}b`)).toBe(false);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});
