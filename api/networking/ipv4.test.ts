import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIpv4, formatIpv4Range, inRange, parseIpv4, parseIpv4Range, rangesOverlap, sizeOfRange } from './ipv4.ts';

const address = fc.nat(2 ** 32 - 1);
const range = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([any, bits]) => {
  return { base: any - (any % 2 ** (32 - bits)), bits };
});

test('what is written is read back', () => {
  fc.assert(fc.property(address, (one) => void expect(parseIpv4(formatIpv4(one))).toBe(one)));
  fc.assert(fc.property(range, (one) => void expect(parseIpv4Range(formatIpv4Range(one))).toEqual(one)));
});

test.each(['', '1.2.3', '256.0.0.1', '1.2.3.4.5', 'a.b.c.d', '::1'])('%j is no address', (text) => {
  expect(parseIpv4(text)).toBeUndefined();
});

test.each(['10.0.0.0', '10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/8'])(
  '%j is no range',
  (text) => {
    expect(parseIpv4Range(text)).toBeUndefined();
  },
);

test('ranges overlap where an address is in both', () => {
  fc.assert(
    fc.property(range, range, (one, other) => {
      const smaller = sizeOfRange(one) < sizeOfRange(other) ? one : other;
      const larger = smaller === one ? other : one;
      expect(rangesOverlap(one, other)).toBe(inRange(larger, smaller.base));
      expect(rangesOverlap(other, one)).toBe(rangesOverlap(one, other));
    }),
  );
});
