import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Life, MachineClock } from './life.ts';
import { Timeline } from './timeline.ts';

describe('a timeline', () => {
  test('lets things happen in the order of their times, then of their planning, and nothing that was cancelled', async () => {
    const delays = fc.array(fc.record({ delayMs: fc.integer({ min: 0, max: 50 }), cancelled: fc.boolean() }));
    await fc.assert(
      fc.asyncProperty(delays, async (planned) => {
        const timeline = new Timeline();
        const happened: number[] = [];
        for (const [index, { delayMs, cancelled }] of planned.entries()) {
          const timer = timeline.after(delayMs, 'x', () => happened.push(index));
          if (cancelled) timer.cancel();
        }
        await timeline.run(1_000);
        const expected = [...planned.entries()].filter(([, { cancelled }]) => !cancelled);
        expected.sort(([a, one], [b, other]) => one.delayMs - other.delayMs || a - b);
        expect(happened).toEqual(expected.map(([index]) => index));
        expect(timeline.nowMs).toBe(1_000);
        expect(timeline.planned).toBe(0);
      }),
    );
  });

  test('lets promises settle between two events', async () => {
    const timeline = new Timeline();
    const seen: string[] = [];
    timeline.after(1, 'first', () => void Promise.resolve().then(async () => seen.push('settled')));
    timeline.after(1, 'second', () => seen.push('second'));
    await timeline.run(1);
    expect(seen).toEqual(['settled', 'second']);
  });

  test('tells two runs apart by anything in which they differ', async () => {
    const hashOf = async (what: string, atMs: number) => {
      const timeline = new Timeline();
      timeline.after(atMs, what, () => {});
      await timeline.run(10);
      return timeline.trace.hash;
    };
    expect(await hashOf('a', 1)).toBe(await hashOf('a', 1));
    expect(await hashOf('b', 1)).not.toBe(await hashOf('a', 1));
    expect(await hashOf('a', 1.5)).not.toBe(await hashOf('a', 1));
  });
});

test('the dead hear nothing: neither timers nor answers', async () => {
  const timeline = new Timeline();
  const life = new Life('x', timeline);
  const heard: string[] = [];
  new MachineClock(life).setTimer(5, () => heard.push('timer'));
  void life.answer(5, 'answer', Promise.resolve()).then(() => heard.push('answer'));
  life.onEnd(() => heard.push('end'));
  timeline.after(4, 'kill', () => life.end());
  await timeline.run(10);
  expect(heard).toEqual(['end']);
});

test('a clock that drifts gains time and keeps its timers by its own time', async () => {
  const timeline = new Timeline();
  const clock = new MachineClock(new Life('x', timeline), { offsetMs: 0, drift: 0.1 });
  let at = 0;
  clock.setTimer(1_100, () => {
    at = timeline.nowMs;
  });
  await timeline.run(2_000);
  expect(at).toBeCloseTo(1_000);
  expect(clock.monotonicMs()).toBeCloseTo(2_200);
});
