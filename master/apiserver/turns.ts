import type { Clock } from '../../platform/clock.ts';

/** How long one turn may take. What else waits for the event loop waits no longer than this, and a little more. */
const TURN_MS = 5;

/**
 * Long work on the one thread that everybody shares goes in turns: after `TURN_MS` whoever works waits until whatever has come in has
 * been seen to, and then until all others with long work have had their turn. Between two turns everybody else's work is done, however
 * many long ones there are.
 *
 * Owns: the queue of those who wait for their next turn.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #startedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the present turn has taken its time: then whoever works must wait for the `next`. */
  get over(): boolean {
    return this.#clock.monotonicMs() - this.#startedMs >= TURN_MS;
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(this.#begin);
    });
  }

  /** One for each round of the event loop. */
  readonly #begin = (): void => {
    this.#startedMs = this.#clock.monotonicMs();
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(this.#begin);
  };
}
