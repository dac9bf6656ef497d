import { expect, test } from 'vitest';
import { compilePattern, patternFault } from './patterns.ts';

test.each([
  ['^[[:alpha:]]+$', 'abc', true],
  ['(?P<year>\\d{4})', '2026', true],
  ['\\Aab\\z', 'ab', true],
  ['(?i)^ABC$', 'abc', true],
  ['^\\p{Lu}+$', 'ÄÖ', true],
  ['^a\\-b\\:c\\"$', 'a-b:c"', true],
  ['^\\\\1$', '\\1', true],
])('%s matches %s as RE2 does', (pattern, text, expected) => {
  expect(compilePattern(pattern).test(text)).toBe(expected);
});

test.each(['(a)\\1', '(?=a)', '(?!a)', '(?<=a)b', '(', '[b-a]'])('%s is refused', (pattern) => {
  expect(patternFault(pattern)).toBeDefined();
});
