import type { Clock } from '../../platform/clock.ts';

/**
 * Lets what many sessions have to do gather for a moment and does it in one turn, so that the store writes all of it at once. Owns what
 * waits, and one timer while anything does.
 */
export class Gathering {
  readonly #clock: Clock;
  readonly #gatherMs: number;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, gatherMs: number) {
    this.#clock = clock;
    this.#gatherMs = gatherMs;
  }

  /** `act` is called once, at most `gatherMs` later. It must not throw. */
  add(act: () => void): void {
    if (this.#waiting.push(act) > 1) return;
    this.#clock.setTimer(this.#gatherMs, () => {
      const acts = this.#waiting;
      this.#waiting = [];
      for (const each of acts) each();
    });
  }
}
