import { expect, test } from 'vitest';
import { Limiter } from './limiter.ts';

test('so many at once, the others by rank and then in order', async () => {
  const limiter = new Limiter(2);
  const begun: string[] = [];
  const finish = new Map<string, () => void>();
  const work = (name: string, rank = 0) =>
    limiter.run(
      () =>
        new Promise<void>((resolve) => {
          begun.push(name);
          finish.set(name, resolve);
        }),
      rank,
    );
  const all = [work('a'), work('b'), work('c'), work('d', 1), work('e'), work('f', 1)];
  const turns = () => new Promise((resolve) => setImmediate(resolve));
  await turns();
  expect(begun).toEqual(['a', 'b']);
  for (const name of ['a', 'b', 'd', 'f', 'c', 'e']) {
    finish.get(name)?.();
    await turns();
  }
  await Promise.all(all);
  expect(begun).toEqual(['a', 'b', 'd', 'f', 'c', 'e']);
});

test('a failure frees its place', async () => {
  const limiter = new Limiter(1);
  await expect(limiter.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await limiter.run(async () => 1)).toBe(1);
});
