import type { MutationTable } from './mutation.ts';

const DAY_MS = 86_400_000;

/** Of what is to be forgotten. */
export const memoryBugs = {
  'timers-kept': {
    bug: 'a timer that is cancelled stays where it was kept',
    caughtBy: ['bounded'],
    withinSeeds: 3,
    calmMinutes: 40,
    clock: (clock) => ({
      now: () => clock.now(),
      monotonicMs: () => clock.monotonicMs(),
      setTimer(delayMs, fn) {
        const timer = clock.setTimer(delayMs, fn);
        return {
          cancel() {
            timer.cancel();
            clock.setTimer(DAY_MS, () => {});
          },
        };
      },
    }),
  },
} satisfies MutationTable;
