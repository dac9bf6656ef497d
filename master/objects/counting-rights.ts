import { type Clock, sleep } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import type { Cache } from '../store/cache.ts';
import type { CommitResult, Compare, Store } from '../store/store.ts';

const PREFIX = '/quota/counting/';
/** Of masters that take it from each other in turn, each waits longer, so that what waits gets through between two turns. */
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 250;

export interface CountingRightsOptions {
  readonly store: Store;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Whose right it is, for people who look into the store. */
  readonly holder: string;
}

/** A namespace's key as it was when this master took it: what is to hold of a write that was counted. */
export interface CountingRight {
  readonly compare: Compare;
  /** What came of such a write. */
  settled(result: CommitResult): void;
}

/**
 * Who may count what a namespace uses. A quota is a bound on a sum over many objects, which no compare of one object can guard: two
 * masters that both find the last free place would both let somebody in. So a write that a quota is about also compares the namespace's
 * key, which is whoever's wrote it last. To count in a namespace a master writes that key, waits until its cache shows all that came
 * before, and goes on without further writes until another takes the key from it.
 *
 * Owns: the rights that this master holds, as far as it knows, and those that it is taking.
 */
export class CountingRights {
  readonly #options: CountingRightsOptions;
  readonly #held = new Map<string, CountingRight>();
  readonly #taking = new Map<string, Promise<CountingRight>>();
  /** How often each was lost since a write last went through with it. */
  readonly #losses = new Map<string, number>();

  constructor(options: CountingRightsOptions) {
    this.#options = options;
  }

  /** Rejects with `StoreUnavailable` where the store does not answer, and as the cache does that does not come up with it. */
  in(namespace: string): CountingRight | Promise<CountingRight> {
    const known = this.#held.get(namespace) ?? this.#taking.get(namespace);
    if (known) return known;
    const taking = this.#take(namespace).finally(() => this.#taking.delete(namespace));
    this.#taking.set(namespace, taking);
    return taking;
  }

  async #take(namespace: string): Promise<CountingRight> {
    const { store, cache, clock, rng, holder } = this.#options;
    const key = `${PREFIX}${namespace}`;
    const losses = this.#losses.get(namespace) ?? 0;
    if (losses > 1) await sleep(clock, rng.next() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** losses));
    let found = await store.get(key);
    for (;;) {
      const compares = [{ key, modRevision: found?.modRevision ?? 0 }];
      const result = await store.commit({ compares, ops: [{ type: 'put', key, value: holder }] });
      if (result.ok) {
        await cache.waitFor(result.revision);
        return this.#holding(namespace, { key, modRevision: result.revision });
      }
      found = result.found.get(key);
    }
  }

  #holding(namespace: string, compare: Compare): CountingRight {
    const right: CountingRight = {
      compare,
      settled: (result) => {
        if (result.ok) this.#losses.delete(namespace);
        else if (result.found.has(compare.key) && this.#held.get(namespace) === right) {
          this.#held.delete(namespace);
          this.#losses.set(namespace, (this.#losses.get(namespace) ?? 0) + 1);
        }
      },
    };
    this.#held.set(namespace, right);
    return right;
  }
}
