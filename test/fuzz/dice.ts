import { type Rng, seededRng } from '../../platform/rng.ts';

/**
 * What a script throws: every decision has dice of its own, made of the script's seed and the decision's number, so that leaving one
 * mutation out changes no other decision. That is how a failing script is made smaller.
 */
export class Dice {
  readonly #seed: number;
  readonly #without: ReadonlySet<number>;
  #decisions = 0;
  #mutations = 0;

  constructor(seed: number, without: ReadonlySet<number> = new Set()) {
    this.#seed = seed;
    this.#without = without;
  }

  /** How many mutations were asked for, done or left out. */
  get mutations(): number {
    return this.#mutations;
  }

  /** Dice for one decision. */
  fork(): Rng {
    this.#decisions += 1;
    return seededRng(Math.imul(this.#seed ^ 0x5bd1e995, 0x85ebca6b) + Math.imul(this.#decisions, 0xc2b2ae35));
  }

  /** `value`, or with this probability what `mutate` makes of it, unless this mutation is left out. */
  mutated<T>(probability: number, value: T, mutate: (value: T, rng: Rng) => T): T {
    const rng = this.fork();
    if (rng.next() >= probability) return value;
    return this.#without.has(this.#mutations++) ? value : mutate(value, rng);
  }
}

export const pick = <T>(rng: Rng, values: readonly T[]): T => values[rng.int(values.length)]!;
