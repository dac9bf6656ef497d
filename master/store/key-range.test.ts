import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareKeys, inRange, rangeOf } from './key-range.ts';

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', 'b', '/', '\0', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 5,
});
const bytes = (a: string, b: string) => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));

describe('keys', () => {
  test('compare as their UTF-8 bytes do', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(bytes(a, b));
      }),
    );
  });

  test('a range holds exactly the keys with its prefix', () => {
    fc.assert(
      fc.property(text, text, fc.boolean(), (prefix, rest, below) => {
        const key = below ? prefix + rest : rest;
        expect(inRange(rangeOf(prefix), key)).toBe(key.startsWith(prefix));
      }),
    );
  });

  test('a continued range holds the keys behind the last one', () => {
    fc.assert(
      fc.property(text, text, text, (prefix, after, rest) => {
        const key = prefix + rest;
        expect(inRange(rangeOf(prefix, after), key)).toBe(compareKeys(key, after) > 0);
      }),
    );
  });
});
