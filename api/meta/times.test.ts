import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalMicroTime, canonicalTime } from './times.ts';

test('a canonical time stays as it is, whatever the day', () => {
  const range = { min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true };
  fc.assert(
    fc.property(fc.date(range), (date) => {
      const text = `${date.toISOString().slice(0, 19)}Z`;
      expect(canonicalTime(text)).toBe(text);
    }),
  );
});

test.each([
  ['2026-03-01T12:00:00+02:00', '2026-03-01T10:00:00Z'],
  ['2026-03-01T12:00:00.999Z', '2026-03-01T12:00:00Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
  ['2026-02-29T00:00:00Z', undefined],
  ['2026-02-30T00:00:00Z', undefined],
  ['2026-13-01T00:00:00Z', undefined],
  ['2026-01-01T24:00:00Z', undefined],
  ['2026-01-01 00:00:00Z', undefined],
  ['0000-01-01T00:00:00+01:00', undefined],
  ['', undefined],
])('%s as a time is %s', (text, expected) => {
  expect(canonicalTime(text)).toBe(expected);
});

test('a micro time has six decimals', () => {
  expect(canonicalMicroTime('2026-03-01T12:00:00Z')).toBe('2026-03-01T12:00:00.000000Z');
  expect(canonicalMicroTime('2026-03-01T12:00:00.12345678+01:00')).toBe('2026-03-01T11:00:00.123456Z');
});
