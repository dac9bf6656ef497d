import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyMergePatch } from './merge.ts';
import { mergePatchBetween } from './merge-diff.ts';

const scalar = fc.oneof(fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 3 }), fc.boolean());
const key = fc.constantFrom('a', 'b', 'c', '__proto__');
const { tree } = fc.letrec((tie) => ({
  tree: fc.dictionary(key, fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), tie('tree')), { maxKeys: 3 }),
}));

describe('the difference of two objects', () => {
  test('makes the one into the other', () => {
    fc.assert(
      fc.property(tree, tree, (from, to) => {
        const patch = mergePatchBetween(from as object, to as object);
        expect(applyMergePatch(from, patch ?? {})).toEqual(to);
      }),
    );
  });

  test('is none of an object with itself', () => {
    fc.assert(
      fc.property(
        tree,
        (object) => mergePatchBetween(object as object, structuredClone(object) as object) === undefined,
      ),
    );
  });

  test.each([
    ['what is gone is null', { a: 1, b: 2 }, { a: 1 }, { b: null }],
    ['null and undefined are absent', { a: null, b: undefined }, { a: undefined, b: null }, undefined],
    ['what is the same is left out', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { a: { c: 3 } }],
    ['lists are whole', { a: [1, 2] }, { a: [1, 2, 3] }, { a: [1, 2, 3] }],
    ['an empty map is not nothing', {}, { a: {} }, { a: {} }],
  ])('%s', (_, from, to, patch) => expect(mergePatchBetween(from, to)).toEqual(patch));
});
