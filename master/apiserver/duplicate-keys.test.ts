import fc from 'fast-check';
import { expect, test } from 'vitest';
import { duplicateKeys } from './duplicate-keys.ts';

const told = (text: string): string[] => duplicateKeys(Buffer.from(text), JSON.parse(text));

test.each([
  ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"a":{"b":1,"c":[0,{"d":1,"d" : 2}]},"a":3}', ['a.c[1].d', 'a']],
  ['[{"x":1},{"x":1,"x":1,"x":1}]', ['[1].x']],
  ['{"a":"\\"a\\":","a\\"":1,"\\\\":"\\\\","\\u0061":2}', ['a']],
  ['{"data":{"a/b":"{\\"a\\":1,\\"a\\":2}","a/b":"x"}}', ['data.a/b']],
  ['{"__proto__":1,"__proto__":2}', ['__proto__']],
  ['"a"', []],
])('in %s stand again %j', (text, expected) => {
  expect(told(text)).toEqual(expected);
});

test('what a program has put into words has none, however it is indented', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 3 }), (value, indent) => {
      expect(told(JSON.stringify(value, null, indent))).toEqual([]);
    }),
  );
});

test('a key that is put in again is found, wherever it is', () => {
  const at = fc.array(fc.string(), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(at, fc.jsonValue(), (keys, value) => {
      const [last = '', ...outer] = keys.toReversed().map((key) => JSON.stringify(key));
      const twice = `{${last}:${JSON.stringify(value)},${last}:1}`;
      const text = outer.reduce((inner, key) => `{${key}:${inner}}`, twice);
      expect(told(text)).toEqual([keys.reduce((path, key) => (path ? `${path}.${key}` : key), '')]);
    }),
  );
});

test('neither depth nor length make it slow', () => {
  const deep = (inner: string) => `${'['.repeat(500_000)}${inner}${']'.repeat(500_000)}`;
  const started = performance.now();
  expect(duplicateKeys(Buffer.from(deep('0')), [])).toEqual([]);
  // Read whole: what was parsed does not matter where the numbers differ.
  const [path, ...more] = duplicateKeys(Buffer.from(deep(`{${'"a":1,'.repeat(50_000)}"a":1}`)), {});
  expect([path?.length, more]).toEqual([503, []]);
  const long = `{"${'k'.repeat(1e6)}":{${Array.from({ length: 300 }, (_, i) => `"${i}":1,"${i}":1`).join()}}}`;
  const told = duplicateKeys(Buffer.from(long), {});
  expect([told.length, told[0]?.length]).toEqual([100, 503]);
  expect(performance.now() - started).toBeLessThan(5_000);
});
