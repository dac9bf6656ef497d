import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isJsonObject, type JsonObject, setOwn } from '../json.ts';
import { applyMergePatch } from './merge.ts';

describe('merge patch (RFC 7386, appendix A)', () => {
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  ])('%j + %j', (document, patch, expected) => {
    const before = JSON.stringify([document, patch]);
    expect(applyMergePatch(document, patch)).toEqual(expected);
    expect(JSON.stringify([document, patch])).toBe(before);
  });
});

test.each([[[1]], ['x'], [null], [1]])('a patch that is %j is 400', (patch) =>
  expect(() => applyMergePatch({}, patch)).toThrow(expect.objectContaining({ code: 400 })),
);

test('deep patches are refused, hostile keys stay data', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`);
  expect(() => applyMergePatch({}, deep)).toThrow(expect.objectContaining({ code: 400 }));
  const patched = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":1},"constructor":{"a":1}}'));
  expect(JSON.stringify(patched)).toBe('{"__proto__":{"polluted":1},"constructor":{"a":1}}');
  expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
});

/** A merge patch that turns `from` into `to`. */
function difference(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) setOwn(patch, key, null);
  for (const key of Object.keys(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    const after = to[key];
    if (isJsonObject(before) && isJsonObject(after)) setOwn(patch, key, difference(before, after));
    else if (JSON.stringify(before) !== JSON.stringify(after)) setOwn(patch, key, after);
  }
  return patch;
}

test('applying the difference of two documents gives the second', () => {
  const documents = fc.letrec((tie) => ({
    object: fc.dictionary(
      fc.constantFrom('a', 'b', 'c', 'constructor'),
      fc.oneof({ maxDepth: 3 }, fc.integer(), fc.array(fc.integer()), tie('object')),
    ),
  })).object as fc.Arbitrary<JsonObject>;
  fc.assert(
    fc.property(documents, documents, (from, to) => {
      expect(applyMergePatch(from, difference(from, to))).toEqual(to);
    }),
  );
});
