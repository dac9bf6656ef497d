import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantityMilli, quantityValue } from '../../api/meta/quantity.ts';
import { atLeast, atMost } from './quantities.ts';

const Mi = 2 ** 20;
const Gi = 2 ** 30;

describe('amounts', () => {
  test.each<[string, number, string, string]>([
    ['cpu', 0, '0', '0'],
    ['cpu', 1, '1m', '1m'],
    ['cpu', 1500, '1500m', '1500m'],
    ['cpu', 2000, '2', '2'],
    ['cpu', 12_345, '12', '12.4'],
    ['cpu', 64_000, '64', '64'],
    ['cpu', -500, '-500m', '-500m'],
    ['memory', 0, '0', '0'],
    ['memory', 1023, '1023', '1023'],
    ['memory', 100 * Mi, '100Mi', '100Mi'],
    ['memory', 4 * Gi, '4Gi', '4Gi'],
    ['memory', 3.25 * Gi, '3.2Gi', '3.3Gi'],
    ['memory', 1.0999 * Gi, '1.09Gi', '1.1Gi'],
    ['memory', 4100 * Mi, '4Gi', '4.1Gi'],
    ['memory', 1e9, '953Mi', '954Mi'],
    ['memory', Gi - 1, '1023Mi', '1Gi'],
    ['memory', -3.25 * Gi, '-3.3Gi', '-3.2Gi'],
    ['memory', Number.MAX_SAFE_INTEGER, '7.9Pi', '8Pi'],
    ['ephemeral-storage', 10 * Gi + 1, '10Gi', '10.1Gi'],
    ['hugepages-2Mi', 6 * Mi, '6Mi', '6Mi'],
    ['pods', 110, '110', '110'],
    ['example.com/gpu', 123_456, '123456', '123456'],
  ])('of %s: %d', (resource, amount, down, up) => {
    expect([atMost(resource, amount), atLeast(resource, amount)]).toEqual([down, up]);
  });

  const resources = fc.constantFrom('cpu', 'memory', 'ephemeral-storage', 'hugepages-2Mi', 'pods', 'example.com/gpu');
  /** As many small as large ones: evenly over their length in bits. */
  const amounts = fc
    .tuple(fc.integer({ min: 0, max: 53 }), fc.maxSafeNat())
    .map(([bits, digits]) => Math.min(digits % 2 ** bits, Number.MAX_SAFE_INTEGER - 1_000));
  const parse = (resource: string, text: string) => (resource === 'cpu' ? quantityMilli(text) : quantityValue(text));

  test('are within 3 %, on the side that was asked for', () => {
    fc.assert(
      fc.property(resources, amounts, (resource, amount) => {
        const low = parse(resource, atMost(resource, amount));
        const high = parse(resource, atLeast(resource, amount));
        expect(low).toBeLessThanOrEqual(amount);
        expect(low).toBeGreaterThanOrEqual(amount * 0.97);
        expect(high).toBeGreaterThanOrEqual(amount);
        // What is read again counts in whole units.
        expect(high).toBeLessThanOrEqual(Math.ceil(amount * 1.03));
      }),
      { numRuns: 3_000 },
    );
  });

  test('never make what is too much look as if it fitted', () => {
    fc.assert(
      fc.property(resources, amounts, fc.integer({ min: 1, max: 1_000 }), (resource, free, more) => {
        const asked = parse(resource, atLeast(resource, free + more));
        expect(asked).toBeGreaterThan(parse(resource, atMost(resource, free)));
      }),
      { numRuns: 3_000 },
    );
  });

  test('of bytes and cores are never long', () => {
    fc.assert(
      fc.property(fc.constantFrom('cpu', 'memory'), fc.integer({ min: 0, max: 1e9 }), (resource, amount) => {
        for (const text of [atMost(resource, amount), atLeast(resource, amount)]) {
          expect(text.length).toBeLessThanOrEqual('1000000'.length);
        }
      }),
    );
  });
});
