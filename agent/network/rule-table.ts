import { baseRules, type RulesPlace } from './base-rules.ts';
import { NO_RULES, type Rules, transaction, transition } from './rules.ts';

/** Those who have something to say in the cell's table; what each says is its own. */
export interface RuleSource {
  /** Names of all that has rules; no two sources use the same. */
  keys(): Iterable<string>;
  /** Of anything that was ever named; of what is gone, none. Undefined: not of this source. */
  rulesOf(key: string, place: RulesPlace): Rules | undefined;
}

export interface Transaction {
  /** For `nft -f`. */
  readonly text: string;
  /** To be called once it has been taken. */
  readonly done: () => void;
  /** UDP endpoints to which nothing is sent any more. */
  readonly left: readonly string[];
}

/**
 * What of the cell is in the kernel's table. Each call of `next` gives the one transaction that brings it up to date, about what changed
 * alone. Owns: the rules of each key as they were last put there, and which are out of date.
 */
export class RuleTable {
  readonly #sources: readonly RuleSource[];
  #place: RulesPlace | undefined;
  #applied = new Map<string, Rules>();
  #stale = new Set<string>();

  constructor(sources: readonly RuleSource[]) {
    this.#sources = sources;
  }

  /** The next transaction is of the whole table: what is there is not known, or not wanted. */
  reset(): void {
    this.#place = undefined;
  }

  changed(keys: Iterable<string>): void {
    for (const key of keys) this.#stale.add(key);
  }

  /** Any of them may be another, or gone. */
  allChanged(): void {
    this.changed(this.#applied.keys());
    this.changed(this.#keys());
  }

  /** Undefined: nothing is to be done. */
  next(place: RulesPlace): Transaction | undefined {
    const fresh = !this.#place || JSON.stringify(this.#place) !== JSON.stringify(place);
    const stale = fresh ? new Set(this.#keys()) : this.#stale;
    const rules = [...stale].map((key): [string, Rules] => [key, this.#rulesOf(key, place)]);
    const before = (key: string) => (fresh ? undefined : this.#applied.get(key)) ?? NO_RULES;
    const phases = rules.map(([key, wanted]) => transition(place.place.table, before(key), wanted));
    const text = (fresh ? baseRules(place) : '') + transaction(phases);
    this.#stale = new Set();
    if (text === '') return undefined;
    const done = () => {
      this.#place = place;
      if (fresh) this.#applied = new Map();
      for (const [key, wanted] of rules) {
        if (wanted.chains.size + wanted.elements.size + wanted.sets.size > 0) this.#applied.set(key, wanted);
        else this.#applied.delete(key);
      }
    };
    const left = rules.flatMap(([key, { udpEnds }]) => {
      return [...(before(key).udpEnds ?? [])].filter((end) => !udpEnds?.has(end));
    });
    return { text, done, left };
  }

  *#keys(): Iterable<string> {
    for (const source of this.#sources) yield* source.keys();
  }

  #rulesOf(key: string, place: RulesPlace): Rules {
    for (const source of this.#sources) {
      const rules = source.rulesOf(key, place);
      if (rules) return rules;
    }
    return NO_RULES;
  }
}
