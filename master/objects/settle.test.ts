import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalJson } from '../../api/meta/json.ts';
import { settle } from './settle.ts';

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 0, 1, 'a', ''),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), tie('value'), { maxKeys: 3 }),
  ),
})).value;
/** The same with what memory has and the store has not. */
const untidy = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(undefined, null, 1, 'a'),
    fc.array(tie('value'), { maxLength: 3 }),
    // Parts are shared with what is given: an object without a prototype would stay one.
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;
const roundTrip = (value: unknown): unknown => (value === undefined ? value : JSON.parse(JSON.stringify(value)));

describe('settle', () => {
  test('gives what a round trip through the store gives', () => {
    fc.assert(
      fc.property(untidy, json, (next, before) => {
        expect(settle(next, roundTrip(before))).toStrictEqual(roundTrip(next));
      }),
    );
  });

  test('is the very object it was before exactly when nothing changed', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(json, json),
          json.map((each) => [each, each]),
        ),
        ([next, before]) => {
          const [mine, known] = [roundTrip(next), roundTrip(before)];
          expect(settle(mine, known) === known).toBe(equalJson(mine, known));
        },
      ),
    );
  });

  test('shares what did not change', () => {
    const before = { spec: { containers: [{ name: 'a' }, { name: 'b' }], nodeName: 'n' }, status: { phase: 'x' } };
    const next = structuredClone(before);
    next.spec.containers[1]!.name = 'c';
    const settled = settle(next, before);
    expect(settled).toEqual(next);
    expect(settled.status).toBe(before.status);
    expect(settled.spec.containers[0]).toBe(before.spec.containers[0]);
    expect(settled.spec).not.toBe(before.spec);
    expect(before.spec.containers[1]).toEqual({ name: 'b' });
  });
});
