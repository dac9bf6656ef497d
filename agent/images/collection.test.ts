import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredImage } from '../runtime.ts';
import { bytesToFree, DEFAULT_POLICY, imagesToRemove, nodeImages } from './collection.ts';

const NOW_MS = 1_000_000_000;
const image = (id: string, more: Partial<StoredImage> = {}): StoredImage => ({
  ...{ id, tags: [`${id}:1`], digests: [`${id}@sha256:0`], sizeBytes: 100, inUse: false },
  ...more,
});
const minutesAgo = (minutes: number) => NOW_MS - minutes * 60_000;
const pinned = new Set(['pause:1']);

describe('how much is to be freed', () => {
  const rows: [capacityBytes: number, availableBytes: number, bytes: number][] = [
    [1000, 1000, 0],
    [1000, 151, 0],
    [1000, 150, 50],
    [1000, 0, 200],
    [0, 0, 0],
  ];
  for (const [capacityBytes, availableBytes, bytes] of rows)
    test(`${availableBytes} left of ${capacityBytes}: ${bytes}`, () =>
      expect(bytesToFree({ capacityBytes, availableBytes }, DEFAULT_POLICY)).toBe(bytes));
});

describe('which images go', () => {
  const choose = (images: StoredImage[], uses: Record<string, number>, wanted = 1e9) =>
    imagesToRemove(images, new Map(Object.entries(uses)), wanted, DEFAULT_POLICY, pinned, NOW_MS).map(({ id }) => id);

  test('the longest unused first, the larger of two, and no more than needed', () => {
    const images = [image('new'), image('old'), image('large', { sizeBytes: 200 })];
    const uses = { new: minutesAgo(5), old: minutesAgo(60), large: minutesAgo(60) };
    expect(choose(images, uses)).toEqual(['large', 'old', 'new']);
    expect(choose(images, uses, 201)).toEqual(['large', 'old']);
    expect(choose(images, uses, 200)).toEqual(['large']);
    expect(choose(images, uses, 0)).toEqual([]);
  });

  test('none in use, none used a moment ago, none that is pinned', () => {
    const images = [image('used', { inUse: true }), image('young'), image('pause'), image('two')];
    const old = minutesAgo(60);
    expect(choose(images, { used: old, young: minutesAgo(1), pause: old, two: minutesAgo(2) })).toEqual(['two']);
  });

  test('none that the cell never used, and none that no registry has', () => {
    const images = [image('strange'), image('built', { digests: [] })];
    expect(choose(images, { built: minutesAgo(60) })).toEqual([]);
  });

  test('never more than candidates, and enough if there are enough', () => {
    const some = fc.record({
      sizeBytes: fc.integer({ min: 1, max: 1000 }),
      inUse: fc.boolean(),
      known: fc.boolean(),
      age: fc.integer({ min: 0, max: 10 }),
    });
    fc.assert(
      fc.property(fc.array(some), fc.integer({ min: 0, max: 5000 }), (list, wanted) => {
        const images = list.map(({ sizeBytes, inUse }, i) => image(`i${i}`, { sizeBytes, inUse }));
        const uses = new Map(list.flatMap(({ known, age }, i) => (known ? [[`i${i}`, minutesAgo(age)]] : [])));
        const gone = imagesToRemove(images, uses, wanted, DEFAULT_POLICY, pinned, NOW_MS);
        const may = list.filter(({ inUse, known, age }) => !inUse && known && age >= 2);
        const sum = (of: readonly { sizeBytes: number }[]) => of.reduce((all, { sizeBytes }) => all + sizeBytes, 0);
        expect(gone.every((one) => !one.inUse)).toBe(true);
        expect(sum(gone)).toBeGreaterThanOrEqual(Math.min(wanted, sum(may)));
        expect(sum(gone.slice(0, -1))).toBeLessThan(Math.max(wanted, 1));
      }),
    );
  });
});

test('a node tells of its fifty largest images, by digest and tag', () => {
  const many = Array.from({ length: 60 }, (_, i) => image(`i${i}`, { sizeBytes: i }));
  const told = nodeImages([...many, image('nameless', { tags: [], digests: [], sizeBytes: 1e9 })]);
  expect(told).toHaveLength(50);
  expect(told[0]).toEqual({ names: ['i59@sha256:0', 'i59:1'], sizeBytes: 59 });
  expect(nodeImages([image('a', { tags: Array(9).fill('a:1') })])[0]?.names).toHaveLength(5);
});
