import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys } from './key-range.ts';
import { LookupMap } from './ordered-map.ts';

const key = fc.stringMatching(/^[ab]\/[a-d]{1,2}$/);
const step = fc.oneof(
  fc.record({ type: fc.constant('set' as const), key, value: fc.nat(9) }),
  fc.record({ type: fc.constant('delete' as const), key }),
  fc.record({ type: fc.constant('list' as const) }),
  fc.record({ type: fc.constant('range' as const), namespace: fc.constantFrom('a', 'b') }),
);

test('lists and ranges are those of a sorted list, whenever they are asked for', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const map = new LookupMap<number>();
      const model = new Map<string, number>();
      const inOrder = (prefix: string) =>
        [...model]
          .filter(([each]) => each.startsWith(prefix))
          .sort(([a], [b]) => compareKeys(a, b))
          .map(([, value]) => value);
      for (const each of steps) {
        if (each.type === 'set') {
          map.set(each.key, each.value);
          model.set(each.key, each.value);
        } else if (each.type === 'delete') {
          map.delete(each.key);
          model.delete(each.key);
        } else if (each.type === 'list') {
          expect(map.values()).toEqual(inOrder(''));
        } else {
          expect(map.values(`${each.namespace}/`, `${each.namespace}0`)).toEqual(inOrder(`${each.namespace}/`));
        }
        expect(map.size).toBe(model.size);
      }
      expect([...map.keys()].sort()).toEqual([...model.keys()].sort());
    }),
  );
});
