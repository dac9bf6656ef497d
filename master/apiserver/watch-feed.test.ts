import { describe, expect, test } from 'vitest';
import { type Frame, StalledWatcher, WatchFeed } from './watch-feed.ts';

const feed = (options: { maxPending?: number; maxChunkLength?: number; initial?: string[] } = {}) => {
  const told = { stalled: 0, released: 0 };
  const built = new WatchFeed(
    { maxPending: options.maxPending ?? 10, maxChunkLength: options.maxChunkLength ?? 1000 },
    options.initial ?? [],
    () => told.stalled++,
    () => told.released++,
  );
  return { feed: built, told };
};
const readAll = async (chunks: AsyncIterable<Frame>) => {
  const all: Frame[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
};

describe('the feed of a watch', () => {
  test('what there was comes first, then changes in their order', async () => {
    const { feed: built, told } = feed({ initial: ['a', 'b'] });
    built.push(() => 'c');
    built.push(() => 'd');
    built.end();
    expect((await readAll(built)).join('')).toBe('abcd');
    expect(told).toEqual({ stalled: 0, released: 1 });
  });

  test('frames of bytes are handed out joined', async () => {
    const { feed: built } = feed();
    built.push(() => Buffer.from([1, 2]));
    built.push(() => Buffer.from([3]));
    built.end();
    expect(await readAll(built)).toEqual([Buffer.from([1, 2, 3])]);
  });

  test('what comes while the reader waits reaches it', async () => {
    const { feed: built } = feed();
    const reading = readAll(built);
    await Promise.resolve();
    built.push(() => 'a');
    await Promise.resolve();
    built.push(() => 'b');
    built.end();
    expect((await reading).join('')).toBe('ab');
  });

  test('chunks are bounded', async () => {
    const { feed: built } = feed({ maxChunkLength: 2, initial: ['a', 'b', 'c'] });
    for (const letter of ['d', 'e', 'f']) built.push(() => letter);
    built.end();
    expect(await readAll(built)).toEqual(['ab', 'cd', 'ef']);
  });

  test('a reader that falls behind is cut at once, and nothing is kept for it', async () => {
    const { feed: built, told } = feed({ maxPending: 2 });
    let made = 0;
    for (let i = 0; i < 5; i++) built.push(() => String(made++));
    expect(told.stalled).toBe(1);
    await expect(readAll(built)).rejects.toThrow(StalledWatcher);
    expect(made).toBe(0);
    expect(told.released).toBe(1);
  });

  test('a reader that leaves releases what fed it', async () => {
    const { feed: built, told } = feed({ initial: ['a'] });
    for await (const _chunk of built) break;
    built.push(() => 'late');
    expect(told.released).toBe(1);
  });
});
