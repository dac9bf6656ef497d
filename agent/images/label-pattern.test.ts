import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesLabel } from './label-pattern.ts';

test.each([
  ['registry', 'registry', true],
  ['registry', 'registry2', false],
  ['*', '', true],
  ['*', 'any', true],
  ['reg*y', 'registry', true],
  ['r?g', 'rg', false],
  ['r?g', 'reg', true],
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['[^a-c]x', 'dx', true],
  ['[ac-]', '-', true],
  ['[b-a]', 'a', false],
  ['[', '[', true],
  ['a.c', 'abc', false],
])('%s and %s: %s', (pattern, label, matches) => {
  expect(matchesLabel(pattern, label)).toBe(matches);
});

test('a pattern of nothing but stars is soon done with', () => {
  const began = process.cpuUsage();
  expect(matchesLabel(`${'*a'.repeat(2_000)}c`, 'a'.repeat(253))).toBe(false);
  expect(process.cpuUsage(began).user / 1_000).toBeLessThan(500);
});

test('stars and question marks match what a regular expression does', () => {
  const short = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 });
  const label = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
  fc.assert(
    fc.property(short, label, (pattern, text) => {
      const same = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      expect(matchesLabel(pattern, text)).toBe(same.test(text));
    }),
  );
});
