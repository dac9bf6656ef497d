import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IndexSet } from './index-set.ts';

describe('a set of indexes', () => {
  test.each([
    ['1,3-5', 4, '1,3-5'],
    ['', 0, ''],
    ['5,1,2,3', 4, '1-3,5'],
    ['1-2', 2, '1,2'],
    ['x,7', 1, '7'],
  ])('%s has %i and is written %s', (text, size, written) => {
    const set = IndexSet.parse(text);
    expect(set.size).toBe(size);
    expect(String(set)).toBe(written);
  });

  test('takes no room for a great many', () => {
    const set = IndexSet.parse('0-2147483646');
    expect(set.size).toBe(2_147_483_647);
    expect(set.has(1_000_000_000)).toBe(true);
    expect(set.below(10).size).toBe(10);
  });

  test('is what a set of numbers is', () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(numbers, numbers, fc.integer({ min: 0, max: 31 }), (some, more, end) => {
        const model = new Set([...some, ...more]);
        const set = IndexSet.of(some).with(more);
        expect(set.size).toBe(model.size);
        for (let index = 0; index <= 31; index++) expect(set.has(index)).toBe(model.has(index));
        expect(String(IndexSet.parse(String(set)))).toBe(String(set));
        expect(set.below(end).size).toBe([...model].filter((index) => index < end).length);
        expect(set.countOf(IndexSet.of(more))).toBe(new Set(more).size);
      }),
    );
  });
});
