import type { Clock } from '../../platform/clock.ts';

/** What nobody asks for is forgotten after this long, at most twice as long. */
const FORGET_MS = 60_000;

/**
 * What was made of objects, for as long as the objects live and somebody goes on asking: what a list of everything took to make
 * must not take its room for ever.
 *
 * Owns: the values asked for since the last turn of the minute, and those of the minute before.
 */
export class AgingMemo<K extends object, V> {
  readonly #clock: Clock;
  #young = new WeakMap<K, V>();
  #old = new WeakMap<K, V>();
  #turnMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: K, make: () => V): V {
    this.age();
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const value = this.#old.get(key) ?? make();
    this.#young.set(key, value);
    return value;
  }

  /** Forgets what is old. To be called now and then, also when nobody asks for anything. */
  age(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#turnMs < FORGET_MS) return;
    this.#turnMs = nowMs;
    this.#old = this.#young;
    this.#young = new WeakMap();
  }
}
