import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../../api/discovery/endpoint-slice.ts';
import { pack } from './packing.ts';

const endpoint = (uid: string, ready = true): Endpoint => ({
  addresses: ['10.0.0.1'],
  conditions: { ready },
  targetRef: { uid },
});
const slice = (...uids: string[]) => ({ endpoints: uids.map((uid) => endpoint(uid)) });
const wanted = (...uids: string[]) => new Map(uids.map((uid) => [uid, endpoint(uid)]));
const told = (packed: ReturnType<typeof pack>) =>
  packed.map(
    ({ endpoints, changed }) => `${endpoints.map(({ targetRef }) => targetRef?.uid).join('')}${changed ? '*' : ''}`,
  );

describe('packing of endpoints', () => {
  test.each<[string, string[], string, string[]]>([
    ['nothing there yet: as many slices as it takes', [], 'abcdefgh', ['abc*', 'def*', 'gh*']],
    ['as it should be', ['abc', 'd'], 'abcd', ['abc', 'd']],
    ['one gone, one come: in the slice that changes anyway', ['abc', 'de'], 'acdef', ['acf*', 'de']],
    ['one come: in the fullest slice with room', ['a', 'bc', 'def'], 'abcdefg', ['a', 'bcg*', 'def']],
    ['two come, no slice has room for both: one of their own', ['ab', 'cd'], 'abcdef', ['ab', 'cd', 'ef*']],
    ['all gone', ['ab', 'c'], '', ['*', '*']],
    ['a slice that loses all is used again', ['abc', 'd'], 'abcefg', ['abc', 'efg*']],
    ['slices are not levelled out', ['a', 'b', 'c'], 'abc', ['a', 'b', 'c']],
  ])('%s', (_, slices, desired, expected) => {
    const present = slices.map((uids) => slice(...uids));
    expect(told(pack(present, wanted(...desired), 3))).toEqual(expected);
  });

  test('a backend that is in two slices stays in the first', () => {
    expect(told(pack([slice('a', 'b'), slice('b', 'c')], wanted('a', 'b', 'c'), 3))).toEqual(['ab', 'c*']);
  });

  test('each backend once, no slice too full, nothing unchanged touched, and a second look changes nothing', () => {
    const uids = fc.uniqueArray(fc.integer({ min: 0, max: 60 }).map(String), { maxLength: 50 });
    fc.assert(
      fc.property(fc.array(uids, { maxLength: 6 }), uids, fc.integer({ min: 1, max: 9 }), (slices, desired, max) => {
        const present = slices.map((each) => slice(...each));
        const packed = pack(present, wanted(...desired), max);
        const placed = packed.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef?.uid ?? ''));
        expect(placed.sort()).toEqual([...desired].sort());
        for (const { slice: from, endpoints, changed } of packed) {
          expect(endpoints.length).toBeLessThanOrEqual(max);
          if (!changed) expect(endpoints).toEqual(from?.endpoints);
        }
        const left = packed.filter(({ endpoints }) => endpoints.length > 0).map(({ endpoints }) => ({ endpoints }));
        expect(pack(left, wanted(...desired), max).some(({ changed }) => changed)).toBe(false);
      }),
    );
  });

  test('one more backend changes one slice', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }), (sizes) => {
        let next = 0;
        const present = sizes.map((size) => slice(...Array.from({ length: size }, () => String(next++))));
        const all = Array.from({ length: next }, (_, uid) => String(uid));
        const packed = pack(present, wanted(...all, 'new'), 5);
        expect(packed.filter(({ changed }) => changed)).toHaveLength(1);
      }),
    );
  });
});
