import type { Clock, Timer } from '../../platform/clock.ts';
import { type Revision, StoreUnavailable } from './store.ts';

interface Waiter {
  readonly revision: Revision;
  readonly timer: Timer;
  resolve(): void;
  reject(reason: Error): void;
}

/** Owns those who wait for a revision to be visible, lowest revision first, each with a time limit. */
export class RevisionWaiters {
  readonly #clock: Clock;
  #waiters: Waiter[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `seen` tells the revision that is visible when the time is up, for the error. */
  add(revision: Revision, timeoutMs: number, seen: () => Revision): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(timeoutMs, () => {
        this.#waiters = this.#waiters.filter((each) => each !== waiter);
        const within = `within ${timeoutMs / 1_000} s; it is at revision ${seen()}`;
        reject(new StoreUnavailable(`The cache has not come to revision ${revision} ${within}.`));
      });
      const waiter: Waiter = { revision, timer, resolve, reject };
      // Most wait for the newest revision, so the place is nearly always at the end.
      let place = this.#waiters.length;
      while (place > 0 && this.#waiters[place - 1]!.revision > revision) place -= 1;
      this.#waiters.splice(place, 0, waiter);
    });
  }

  reached(revision: Revision): void {
    let count = 0;
    while (count < this.#waiters.length && this.#waiters[count]!.revision <= revision) count += 1;
    for (const { timer, resolve } of this.#waiters.splice(0, count)) {
      timer.cancel();
      resolve();
    }
  }

  rejectAll(reason: Error): void {
    for (const { timer, reject } of this.#waiters.splice(0)) {
      timer.cancel();
      reject(reason);
    }
  }
}
