import { expect, test } from 'vitest';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { CpuKeeper } from './cpu-keeper.ts';
import { throttledShares } from './throttle.ts';

test('CPU is short at once, and enough only when there clearly is', async () => {
  const clock = new ManualClock();
  let busy = 0;
  let seconds = 0;
  const said: string[] = [];
  const keeper = new CpuKeeper({
    busySeconds: () => (seconds += busy * 2 * 5),
    cpus: () => 2,
    tell: (short, news) => news && said.push(`${short} at ${busy}`),
    clock,
  });
  await keeper.start();
  for (busy of [0.5, 0.94, 0.97, 0.85, 0.99, 0.7, 0.9]) await clock.advance(5_000);
  expect(said).toEqual(['true at 0.97', 'false at 0.7']);
  await keeper.stop();
});

test('batch and free pods give way, in this order, and production does not', () => {
  expect([950_000_000, 5_000_000, 0, -1].map((priority) => throttledShares(1024, priority))).toEqual([
    1024, 1024, 16, 4,
  ]);
  expect(throttledShares(2, -1)).toBe(2);
  expect(throttledShares(1024, undefined)).toBe(16);
});
