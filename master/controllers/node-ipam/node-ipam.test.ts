import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseIpv4Range, rangesOverlap } from '../../../api/networking/ipv4.ts';
import { NodeRanges } from './node-ranges.ts';

const CELL = parseIpv4Range('10.128.0.0/20')!;
const ranges = () => new NodeRanges(CELL, 24);

test('no two nodes have the same range, whatever comes and goes', () => {
  const node = fc.nat(25).map((number) => `n${number}`);
  const step = fc.record({ act: fc.constantFrom('assign', 'forget', 'restart'), node });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let book = ranges();
      const held = new Map<string, string>();
      for (const { act, node: name } of steps) {
        if (act === 'forget') {
          book.forget(name);
          held.delete(name);
        } else if (act === 'restart') {
          book = ranges();
          for (const [known, range] of held) book.note(known, range);
        } else {
          const range = book.assign(name, undefined, []);
          expect(range === undefined).toBe(held.size === 16 && !held.has(name));
          expect(held.get(name) ?? range).toBe(range);
          if (range) held.set(name, range);
        }
        expect(new Set(held.values()).size).toBe(held.size);
      }
    }),
  );
});

test('a machine gets nothing of what it uses otherwise', () => {
  const taken = ['10.128.0.0/22', '10.128.5.128/25', '10.128.4.7/32'].map((text) => parseIpv4Range(text)!);
  const found = ranges().assign('a', undefined, taken)!;
  expect(found).toBe('10.128.6.0/24');
  expect(taken.some((each) => rangesOverlap(each, parseIpv4Range(found)!))).toBe(false);
  expect(ranges().assign('a', undefined, [parseIpv4Range('10.0.0.0/8')!])).toBeUndefined();
});

test('a node that comes back keeps its range, unless somebody has it', () => {
  const book = ranges();
  expect(book.assign('a', '10.128.9.0/24', [])).toBe('10.128.9.0/24');
  expect(book.assign('b', '10.128.9.0/24', [])).toBe('10.128.0.0/24');
  expect(book.assign('c', '10.99.0.0/24', [])).toBe('10.128.1.0/24');
  book.forget('b');
  expect(book.assign('d', undefined, [])).toBe('10.128.2.0/24');
});
