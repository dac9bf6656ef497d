import type { Clock, Timer } from '../../platform/clock.ts';

/** A clock that tests move by hand. */
export interface ManualClock extends Clock {
  /** Moves time on, firing the timers on the way in order, and lets what they started settle. */
  advance(ms: number): Promise<void>;
  /** Timers that are set. */
  readonly pending: number;
}

export function manualClock(startMs = 1_700_000_000_000): ManualClock {
  let nowMs = 0;
  const timers = new Set<{ atMs: number; fn: () => void }>();
  const next = (untilMs: number) =>
    [...timers].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
  return {
    now: () => startMs + nowMs,
    monotonicMs: () => nowMs,
    setTimer(delayMs, fn): Timer {
      const timer = { atMs: nowMs + delayMs, fn };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    async advance(ms) {
      await settled();
      const untilMs = nowMs + ms;
      for (let timer = next(untilMs); timer; timer = next(untilMs)) {
        nowMs = timer.atMs;
        timers.delete(timer);
        timer.fn();
        await settled();
      }
      nowMs = untilMs;
      await settled();
    },
    get pending() {
      return timers.size;
    },
  };
}

/** A few turns of the event loop: what needs no time is done by then. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
