import { expect, test } from 'vitest';
import { programOf } from './field-manager.ts';

test.each([
  ['kubectl/v1.35.0 (linux/amd64) kubernetes/abc', 'kubectl'],
  ['Mozilla', 'Mozilla'],
  ['', 'unknown'],
  ['/x', 'unknown'],
  ['a\u0007b\u200bc/1', 'abc'],
  ['x'.repeat(200), 'x'.repeat(128)],
  [`${'x'.repeat(127)}é`, 'x'.repeat(127)],
])('the program of %j is %s', (userAgent, name) => {
  expect(programOf(userAgent)).toBe(name);
});
