import { expect, test } from 'vitest';
import { badRequest, isApiError } from '../../api/meta/errors.ts';
import { readYaml } from './yaml-body.ts';

const read = (text: string) => readYaml(Buffer.from(text), (why) => badRequest(`no YAML: ${why}`));

/** Code and message of the refusal. */
function refusal(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (isApiError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'none';
}

test('a document with anchors, merges and keys that stand twice', () => {
  expect(read('a: &x {b: 1}\nc: {<<: *x, d: 2}').value).toEqual({ a: { b: 1 }, c: { b: 1, d: 2 } });
  expect(read('a: 1\nb: {c: 1,\n  c: 2}')).toEqual({
    value: { a: 1, b: { c: 2 } },
    duplicate: 'Map keys must be unique: "c" stands again at line 3, column 3',
  });
});

/** Each line holds the one before it nine times. */
const LAUGHS = Array.from(
  { length: 9 },
  (_, i) => `l${i}: &l${i} [${Array.from({ length: 9 }, () => (i > 0 ? `*l${i - 1}` : 'ha')).join()}]`,
).join('\n');

test.each([
  ['a: [', /^400 no YAML: .* at line 1, column \d+$/],
  ['*none', /^400 no YAML: Unresolved alias/],
  ['['.repeat(20_000), /^400 .*more than 200 levels/],
  ['{"a":'.repeat(15_000), /^400 .*more than 200 levels/],
  ['"'.repeat(60_000), /^400 no YAML: /],
  ['- a\n'.repeat(700_000), /^413 .*send it as JSON/],
  [LAUGHS, /^400 no YAML: Excessive alias count/],
  [`a: &a "${'x'.repeat(60_000)}"\nb: [${'*a,'.repeat(99)}]`, /^413 .*limit is 3145728 bytes/],
])(
  '%#: a body that is refused, soon',
  (text, expected) => {
    expect(refusal(text)).toMatch(expected);
  },
  5_000,
);

test('ten thousand keys are compared in no time', () => {
  const text = Array.from({ length: 10_000 }, (_, i) => `k${i}: v`).join('\n');
  expect(Object.keys(read(text).value as object)).toHaveLength(10_000);
}, 5_000);
