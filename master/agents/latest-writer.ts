import { isApiError } from '../../api/meta/errors.ts';
import { type BackoffPolicy, backoffMs } from '../../platform/backoff.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import { StoreUnavailable } from '../store/store.ts';

const RETRY: BackoffPolicy = { baseMs: 100, maxMs: 10_000 };
/** Writes under way at once; the others wait their turn. */
const MAX_IN_FLIGHT = 64;

export interface LatestWriterOptions<T> {
  readonly clock: Clock;
  readonly rng: Rng;
  write(key: string, value: T): Promise<unknown>;
  /** A newer value for a key whose older one was not written yet. */
  merge(older: T, newer: T): T;
  /** A write that will never succeed; its value is dropped. */
  failed(key: string, error: unknown): void;
}

interface Waiting<T> {
  value: T;
  failures: number;
}

/**
 * Writes the newest value of each key: at most one write per key at a time, values that arrive meanwhile are merged into one,
 * and trouble with the store is tried again for as long as it lasts. Memory is bounded by the number of keys.
 *
 * Invariant: a key is in at most one of `#ready`, `#sleeping`; one that is in `#inFlight` may also wait in `#ready`, but is not
 * taken from it before its write has ended.
 */
export class LatestWriter<T> {
  readonly #options: LatestWriterOptions<T>;
  readonly #ready = new Map<string, Waiting<T>>();
  readonly #sleeping = new Map<string, { waiting: Waiting<T>; timer: Timer }>();
  readonly #inFlight = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(options: LatestWriterOptions<T>) {
    this.#options = options;
  }

  put(key: string, value: T): void {
    if (this.#stopped) return;
    const sleeping = this.#sleeping.get(key);
    const waiting = sleeping?.waiting ?? this.#ready.get(key);
    if (waiting) waiting.value = this.#options.merge(waiting.value, value);
    else this.#ready.set(key, { value, failures: 0 });
    this.#pump();
  }

  /** Drops what was not begun; resolves when no write is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#sleeping.values()) timer.cancel();
    this.#sleeping.clear();
    this.#ready.clear();
    await Promise.all(this.#inFlight.values());
  }

  #pump(): void {
    for (const [key, waiting] of this.#ready) {
      if (this.#inFlight.size >= MAX_IN_FLIGHT) return;
      if (this.#inFlight.has(key)) continue;
      this.#ready.delete(key);
      this.#inFlight.set(key, this.#run(key, waiting));
    }
  }

  async #run(key: string, waiting: Waiting<T>): Promise<void> {
    try {
      await this.#options.write(key, waiting.value);
    } catch (error) {
      if (isTransient(error)) this.#again(key, waiting);
      else this.#options.failed(key, error);
    }
    this.#inFlight.delete(key);
    if (!this.#stopped) this.#pump();
  }

  /** Sleeps, then tries again with whatever has been merged in by then. */
  #again(key: string, waiting: Waiting<T>): void {
    if (this.#stopped) return;
    const newer = this.#ready.get(key);
    this.#ready.delete(key);
    const value = newer ? this.#options.merge(waiting.value, newer.value) : waiting.value;
    const next = { value, failures: waiting.failures + 1 };
    const timer = this.#options.clock.setTimer(backoffMs(RETRY, next.failures, this.#options.rng), () => {
      this.#sleeping.delete(key);
      this.#ready.set(key, next);
      this.#pump();
    });
    this.#sleeping.set(key, { waiting: next, timer });
  }
}

/** Trouble that passes: the store is away, or the server is too busy. */
export function isTransient(error: unknown): boolean {
  return error instanceof StoreUnavailable || (isApiError(error) && (error.code >= 500 || error.code === 429));
}
