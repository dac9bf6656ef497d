import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FairLine } from './fair-line.ts';

const drain = (line: FairLine): string[] => {
  const keys: string[] = [];
  for (let next = line.take(); next; next = line.take()) keys.push(next.key);
  return keys;
};

describe('a fair line', () => {
  test('gives every namespace its turn, and is first come, first served within one', () => {
    const line = new FairLine();
    for (const key of ['a/1', 'a/2', 'a/3', 'b/1', 'node', 'b/2']) line.add(key, 0);
    expect(drain(line)).toEqual(['a/1', 'b/1', 'node', 'a/2', 'b/2', 'a/3']);
  });

  test('says since when a key waits, and takes it once', () => {
    const line = new FairLine();
    expect([line.add('a/1', 5), line.add('a/1', 9)]).toEqual([true, false]);
    expect(line.take()).toEqual({ key: 'a/1', addedMs: 5 });
    expect(line.take()).toBeUndefined();
  });

  test('nobody waits for more than one key of each other namespace', () => {
    const keys = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 9 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(keys, (all) => {
        const line = new FairLine();
        const wanted = new Set(all.map(([namespace, number]) => `${namespace}/${number}`));
        for (const key of wanted) line.add(key, 0);
        expect(line.size).toBe(wanted.size);
        const taken = drain(line);
        expect(new Set(taken)).toEqual(wanted);
        const places = (namespace: string) => taken.flatMap((key, at) => (key.startsWith(namespace) ? [at] : []));
        for (const namespace of ['a', 'b', 'c', 'd']) {
          const own = places(namespace);
          for (const [at, place] of own.entries()) expect(place - (own[at - 1] ?? -1)).toBeLessThanOrEqual(4);
        }
      }),
    );
  });
});
