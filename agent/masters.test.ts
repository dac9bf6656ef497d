import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRng } from '../platform/rng.ts';
import { Masters } from './masters.ts';

const [A, B, C] = ['https://a:1', 'https://b:1', 'https://c:1'] as const;
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-masters-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function knowing(given: readonly string[], seed = 1): Promise<Masters> {
  const masters = new Masters({ given, file: join(dir, 'masters.json'), rng: seededRng(seed) });
  await masters.load();
  return masters;
}

test('agents begin at different ones', async () => {
  const begun = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => knowing([A, B, C], seed)));
  expect(new Set(begun.map(({ current }) => current)).size).toBe(3);
});

test('all are tried before it is time to wait, and again after that', async () => {
  const masters = await knowing([A, B, C]);
  const tried = [masters.current];
  const rounds = [1, 2, 3, 4, 5, 6].map(() => {
    const isOver = masters.moveOn();
    tried.push(masters.current);
    return isOver;
  });
  expect(rounds).toEqual([false, false, true, false, false, true]);
  expect(new Set(tried.slice(0, 3)).size).toBe(3);
  masters.moveOn();
  masters.settle();
  expect([masters.moveOn(), masters.moveOn(), masters.moveOn()]).toEqual([false, false, true]);
});

test('those that the cell tells of are used too, and known in the next life', async () => {
  const masters = await knowing([A]);
  await masters.learn([A, B, C]);
  expect(masters.current).toBe(A);
  expect(masters.all).toEqual([A, B, C]);
  expect((await knowing([A])).all).toEqual([A, B, C]);
  // One that was taken away is forgotten; one that is in use, or was given by a person, is not.
  await masters.learn([A, C]);
  expect(masters.all).toEqual([A, C]);
  await masters.learn([]);
  expect(masters.all).toEqual([A, C]);
});

test('a file that makes no sense is learned anew', async () => {
  for (const text of ['{', '[1, "http://plain"]', '"https://a:1"']) {
    await writeFile(join(dir, 'masters.json'), text);
    const masters = await knowing([A]);
    expect(masters.all).toEqual([A]);
    await masters.learn([B]);
    expect(JSON.parse(await readFile(join(dir, 'masters.json'), 'utf8'))).toEqual([B]);
  }
});
