import type { Clock } from '../../platform/clock.ts';
import type { Cache } from '../store/cache.ts';
import { type Revision, type Store, StoreUnavailable } from '../store/store.ts';

/** How long a read waits for a store that may only be slow, and for one that is known not to answer. */
const PATIENCE_MS = 3_000;
const PATIENCE_WHILE_AWAY_MS = 250;

/** How the API waits for the newest state. */
export interface Sight {
  /** Waits until the cache shows the newest state. Resolves with the age of what it shows, in milliseconds, where it cannot: else 0. */
  look(): Promise<number>;
}

/**
 * Whether the store can be seen, and how old what the cache shows is when it cannot. A read that wants the newest state is then told the
 * last that is known, with its age: while the store has no majority nobody can write a newer one.
 *
 * Owns: when the cache was last known to be current.
 */
export class StoreSight implements Sight {
  readonly #store: Store;
  readonly #cache: Cache;
  readonly #clock: Clock;
  #currentMs: number;
  #isAway = false;

  constructor(store: Store, cache: Cache, clock: Clock) {
    this.#store = store;
    this.#cache = cache;
    this.#clock = clock;
    this.#currentMs = clock.monotonicMs();
  }

  async look(): Promise<number> {
    try {
      await this.#current();
      return 0;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      const heardMs = Math.max(this.#currentMs, this.#cache.heardMs ?? 0);
      return Math.max(1, this.#clock.monotonicMs() - heardMs);
    }
  }

  /** Rejects with `StoreUnavailable` where the store, or what it tells, does not come in time. */
  async #current(): Promise<void> {
    const askedMs = this.#clock.monotonicMs();
    const newest = await this.#newest();
    await this.#cache.waitFor(newest, PATIENCE_MS);
    this.#currentMs = Math.max(this.#currentMs, askedMs);
  }

  /** Once the store answers, however late, it is there again, and the cache will follow it before long. */
  #newest(): Promise<Revision> {
    const patienceMs = this.#isAway ? PATIENCE_WHILE_AWAY_MS : PATIENCE_MS;
    return new Promise((resolve, reject) => {
      const failed = (error: unknown) => {
        timer.cancel();
        this.#isAway = true;
        reject(error);
      };
      const tooLong = () => failed(new StoreUnavailable(`the store did not answer within ${patienceMs / 1_000} s`));
      const timer = this.#clock.setTimer(patienceMs, tooLong);
      const answered = (newest: Revision) => {
        timer.cancel();
        this.#isAway = false;
        resolve(newest);
      };
      this.#store.revision().then(answered, failed);
    });
  }
}
