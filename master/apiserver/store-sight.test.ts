import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import type { Cache } from '../store/cache.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { StoreSight } from './store-sight.ts';

/** A store that answers as it is told to, and a cache that follows it when it is told to. */
function seen() {
  const clock = new ManualClock();
  const state = { answers: async (): Promise<number> => 7, follows: async (): Promise<void> => undefined };
  const store = { revision: () => state.answers() } as Store;
  const cache = { waitFor: () => state.follows() } as unknown as Cache;
  return { clock, state, sight: new StoreSight(store, cache, clock) };
}

const silence = () => new Promise<never>(() => undefined);

test('a store that answers is looked at each time', async () => {
  const { sight } = seen();
  expect(await sight.look()).toBe(0);
});

test('one that does not is waited for, the second time not so long; the age is from when it was last seen', async () => {
  const { clock, state, sight } = seen();
  await clock.advance(60_000);
  expect(await sight.look()).toBe(0);
  await clock.advance(10_000);
  state.answers = silence;
  const first = sight.look();
  await clock.advance(3_000);
  expect(await first).toBe(13_000);
  const second = sight.look();
  await clock.advance(250);
  expect(await second).toBe(13_250);
  state.answers = async () => 8;
  expect(await sight.look()).toBe(0);
});

test('many that ask of a slow store at once all have the patience of the first', async () => {
  const { clock, state, sight } = seen();
  const answer = Promise.withResolvers<number>();
  state.answers = () => answer.promise;
  const looks = [sight.look(), sight.look()];
  await clock.advance(2_900);
  answer.resolve(9);
  expect(await Promise.all(looks)).toEqual([0, 0]);
});

test('a store that is back is believed, as soon as the cache follows it; what is no trouble of the store is a fault', async () => {
  const { state, sight } = seen();
  state.follows = async () => {
    throw new StoreUnavailable('the cache is behind');
  };
  expect(await sight.look()).toBeGreaterThan(0);
  state.follows = async () => undefined;
  expect(await sight.look()).toBe(0);
  state.answers = async () => {
    throw new TypeError('a bug');
  };
  await expect(sight.look()).rejects.toThrow(TypeError);
});
