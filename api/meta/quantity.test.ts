import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  quantityMilli,
  quantityValue,
  subtractQuantities,
} from './quantity.ts';

describe('canonical form', () => {
  test.each([
    ['0', '0'],
    ['0Ki', '0'],
    ['-0', '0'],
    ['1', '1'],
    ['1000m', '1'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['5.', '5'],
    ['1.5G', '1500M'],
    ['1000', '1k'],
    ['1024Ki', '1Mi'],
    ['1536Mi', '1536Mi'],
    ['0.5Gi', '512Mi'],
    ['0.5Ki', '512'],
    ['1.1Ki', '1126400m'],
    ['-1Gi', '-1Gi'],
    ['+2', '2'],
    ['1e3', '1e3'],
    ['12e2', '1200'],
    ['1E', '1E'],
    ['1E3', '1e3'],
    ['100e1', '1e3'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['-0.1n', '-1n'],
    ['1e-12', '1e-9'],
    ['9223372036854775807', '9223372036854775807'],
    ['100Ei', '9223372036854775807'],
    ['1000E', '1000E'],
  ])('%s -> %s', (text, canonical) => expect(canonicalQuantity(text)).toBe(canonical));

  test('takes numbers', () => {
    expect(canonicalQuantity(0.25)).toBe('250m');
    expect(canonicalQuantity(2000)).toBe('2k');
    expect(canonicalQuantity(Number.NaN)).toBeUndefined();
  });

  test.each([
    '',
    ' 1',
    '1 ',
    '.',
    '+',
    'm',
    '1.1.M',
    '1+1.0M',
    '0.1mi',
    '1i',
    '1e',
    '1ki',
    '0x10',
    '1e999',
    '1'.repeat(200),
    '1,5',
  ])('refuses %j', (text) => expect(canonicalQuantity(text)).toBeUndefined());
});

test('whole units and thousandths are rounded away from zero', () => {
  expect(quantityValue('1500m')).toBe(2);
  expect(quantityValue('-1500m')).toBe(-2);
  expect(quantityValue('128Mi')).toBe(134_217_728);
  expect(quantityMilli('1n')).toBe(1);
  expect(quantityMilli('250m')).toBe(250);
  expect(quantityMilli('2')).toBe(2000);
  expect(() => quantityValue('lots')).toThrow(/not a resource quantity: "lots"/);
});

const quantities = fc
  .tuple(
    fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
    fc.option(fc.nat(999_999)),
    fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'e2', 'e-3'),
  )
  .map(([whole, fraction, suffix]) => `${whole}${fraction === null ? '' : `.${fraction}`}${suffix}`);

describe('properties', () => {
  test('canonical form is stable and equal in value', () => {
    fc.assert(
      fc.property(quantities, (text) => {
        const canonical = canonicalQuantity(text) ?? 'none';
        expect(canonicalQuantity(canonical)).toBe(canonical);
        expect(compareQuantities(canonical, text)).toBe(0);
      }),
    );
  });

  const count = fc.oneof(
    fc.nat(9_999),
    fc.nat(999_999_999),
    fc.nat(10 ** 15 - 1),
    fc.constantFrom(1_000, 1_024, 1_024_000),
  );
  const suffix = fc.constantFrom('m', '', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti');
  const plain = fc.tuple(fc.constantFrom('', '0', '00'), count, suffix).map((parts) => parts.join(''));

  test('the plain path agrees with exact arithmetic', () => {
    fc.assert(
      fc.property(plain, plain, (text, other) => {
        // A sign is the same value and leaves the plain path.
        expect(quantityValue(text)).toBe(quantityValue(`+${text}`));
        expect(quantityMilli(text)).toBe(quantityMilli(`+${text}`));
        expect(canonicalQuantity(text)).toBe(canonicalQuantity(`+${text}`));
        expect(compareQuantities(text, other)).toBe(compareQuantities(`+${text}`, `+${other}`));
      }),
    );
  });

  test('subtracting what was added gives back the value', () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        expect(compareQuantities(subtractQuantities(addQuantities(a, b), b), a)).toBe(0);
        expect(compareQuantities(addQuantities(a, b), addQuantities(b, a))).toBe(0);
      }),
    );
  });
});

test('sums keep the suffix family of the first, unless it is zero', () => {
  expect(addQuantities('1Gi', '1Gi')).toBe('2Gi');
  expect(addQuantities('0', '512Mi')).toBe('512Mi');
  expect(addQuantities('500m', '1')).toBe('1500m');
  expect(subtractQuantities('1', '1500m')).toBe('-500m');
});
