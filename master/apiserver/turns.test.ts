import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { chunksOf } from './pieces.ts';
import { Turns } from './turns.ts';

/** Work that takes 1 ms a step, on a clock of its own. */
class Timed extends ManualClock {
  #ms = 0;

  override monotonicMs(): number {
    return this.#ms;
  }

  step(): void {
    this.#ms += 1;
  }
}

test('long work is done in turns, in between which everybody else is seen to', async () => {
  const clock = new Timed();
  const turns = new Turns(clock);
  const done: string[] = [];
  const work = async (name: string) => {
    for (let step = 0; step < 20; step++) {
      if (turns.over) await turns.next();
      clock.step();
      done.push(name);
    }
  };
  let isOver = false;
  const other = () => {
    done.push('|');
    if (!isOver) setImmediate(other);
  };
  other();
  await Promise.all([work('a'), work('b')]);
  isOver = true;
  const stretches = done.join('').split('|').filter(Boolean);
  for (const stretch of stretches) expect(stretch.length).toBeLessThanOrEqual(5);
  expect(stretches.slice(0, 4)).toEqual(['aaaaa', 'bbbbb', 'aaaaa', 'bbbbb']);
});

test('an answer in pieces is made in turns too, and joined to chunks', async () => {
  const clock = new Timed();
  const turns = new Turns(clock);
  function* pieces() {
    for (let i = 0; i < 100; i++) {
      clock.step();
      yield i % 2 === 0 ? 'x'.repeat(10_000) : '';
    }
  }
  let rounds = 0;
  let isOver = false;
  const count = () => {
    rounds++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const answer = { type: 'pieces', code: 200, contentType: 'text/plain', pieces: pieces() } as const;
  const lengths: number[] = [];
  for await (const chunk of chunksOf(answer, turns)) lengths.push(chunk.length);
  isOver = true;
  expect(rounds).toBeGreaterThanOrEqual(100 / 5);
  expect(lengths).toEqual([70_000, 70_000, 70_000, 70_000, 70_000, 70_000, 70_000, 10_000]);
});
