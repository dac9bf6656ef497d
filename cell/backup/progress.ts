import type { Clock } from '../../platform/clock.ts';

/** Work that took so long already gets a line at a time. */
const EVERY_MS = 2_000;

/** Says now and then how far something is: `12000 of about 50000 entries`. */
export function progressTo(say: (line: string) => void, clock: Clock): (done: number, expected: number) => void {
  let toldMs = clock.monotonicMs();
  return (done, expected) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - toldMs < EVERY_MS) return;
    toldMs = nowMs;
    say(`${done} of about ${expected} entries`);
  };
}
