import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { AgingMemo } from './aging-memo.ts';

test('what is asked for is made once, and forgotten when nobody asks for it any more', async () => {
  const clock = new ManualClock();
  const memo = new AgingMemo<object, number>(clock);
  let made = 0;
  const [used, left] = [{}, {}];
  const ask = (key: object) => memo.get(key, () => ++made);
  expect([ask(used), ask(left), ask(used)]).toEqual([1, 2, 1]);
  for (let i = 0; i < 5; i++) {
    await clock.advance(50_000);
    memo.age();
    expect(ask(used)).toBe(1);
  }
  expect(ask(left)).toBe(3);
});
