import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Rng, seededRng, systemRng } from './rng.ts';

const sources: [string, () => Rng][] = [
  ['the seeded generator', () => seededRng(7)],
  ['the system generator', systemRng],
];

describe.each(sources)('%s: the Rng contract', (_name, open) => {
  test('numbers lie in their ranges', () => {
    const rng = open();
    for (let i = 0; i < 1000; i++) {
      const share = rng.next();
      expect(share >= 0 && share < 1).toBe(true);
      const n = 1 + (i % 50);
      const drawn = rng.int(n);
      expect(Number.isInteger(drawn) && drawn >= 0 && drawn < n).toBe(true);
    }
  });

  test('numbers spread over the whole range', () => {
    const rng = open();
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[rng.int(10)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(250);
  });

  test('identifiers are version 4 UUIDs, and suffixes fit into names', () => {
    const rng = open();
    const uuids = Array.from({ length: 500 }, () => rng.uuid());
    expect(new Set(uuids).size).toBe(500);
    for (const uuid of uuids)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(rng.suffix(5)).toMatch(/^[b-df-hj-np-tv-z2-9]{5}$/);
  });
});

test('equal seeds give equal sequences, other seeds others', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const draw = (from: number) => {
        const rng = seededRng(from);
        return [rng.next(), rng.int(1000), rng.uuid(), rng.suffix(8)];
      };
      expect(draw(seed)).toEqual(draw(seed));
      expect(draw(seed)).not.toEqual(draw(seed + 1));
    }),
  );
});
