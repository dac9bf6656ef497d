import type { Clock, Timer } from '../../platform/clock.ts';
import type { Mortal, Timeline } from './timeline.ts';

/**
 * One run of a process, from its start to its death. All that reaches it from outside (timers, answers, messages) comes as events of its own,
 * so that a dead one hears nothing any more: what it was waiting for never comes, as after `kill -9`.
 */
export class Life implements Mortal {
  readonly name: string;
  readonly #timeline: Timeline;
  readonly #onEnd = new Set<() => void>();
  #alive = true;

  constructor(name: string, timeline: Timeline) {
    this.name = name;
    this.#timeline = timeline;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get nowMs(): number {
    return this.#timeline.nowMs;
  }

  /** At once, in the middle of whatever it does. */
  end(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const fn of [...this.#onEnd]) fn();
    this.#onEnd.clear();
  }

  /** What the machine does for a process that has died: closes its connections. Returns what undoes it. */
  onEnd(fn: () => void): () => void {
    if (this.#alive) this.#onEnd.add(fn);
    else fn();
    return () => this.#onEnd.delete(fn);
  }

  /** Calls `fn` after `delayMs`, if the process still lives then. */
  after(delayMs: number, what: string, fn: () => void): Timer {
    return this.#timeline.after(delayMs, what, fn, this);
  }

  /** The answer to `work`, which happens now, `delayMs` later. */
  answer<T>(delayMs: number, what: string, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(
        (result) => this.after(delayMs, what, () => resolve(result)),
        (error) => this.after(delayMs, what, () => reject(error)),
      );
    });
  }
}

/** How a machine's clock goes wrong. */
export interface ClockFaults {
  /** Added to wall time: changed while the machine runs. */
  offsetMs: number;
  /** Parts of a whole that it runs too fast, as long as there is the machine: 0.001 gains 3.6 s an hour. */
  readonly drift: number;
}

/** When simulations begin. */
export const EPOCH_MS = Date.parse('2030-01-01T00:00:00Z');

/** A machine's clock as one of its processes sees it. */
export class MachineClock implements Clock {
  readonly #life: Life;
  readonly #faults: ClockFaults;

  constructor(life: Life, faults: ClockFaults = { offsetMs: 0, drift: 0 }) {
    this.#life = life;
    this.#faults = faults;
  }

  now(): number {
    return Math.floor(EPOCH_MS + this.monotonicMs() + this.#faults.offsetMs);
  }

  monotonicMs(): number {
    return this.#life.nowMs * (1 + this.#faults.drift);
  }

  setTimer(delayMs: number, fn: () => void): Timer {
    return this.#life.after(delayMs / (1 + this.#faults.drift), this.#life.name, fn);
  }
}
