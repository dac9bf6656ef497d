import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Gathering } from './gathering.ts';

test('what comes within the time is done in one turn, in order, and once', async () => {
  const clock = new ManualClock();
  const gathering = new Gathering(clock, 100);
  const done: string[] = [];
  gathering.add(() => done.push('a'));
  await clock.advance(60);
  gathering.add(() => {
    done.push('b');
    gathering.add(() => done.push('later'));
  });
  await clock.advance(39);
  expect(done).toEqual([]);
  await clock.advance(1);
  expect(done).toEqual(['a', 'b']);
  await clock.advance(100);
  expect(done).toEqual(['a', 'b', 'later']);
  await clock.advance(1000);
  expect(done).toHaveLength(3);
});
