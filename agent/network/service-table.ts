import { baseRules, type RulesPlace } from './base-rules.ts';
import { NO_RULES, type Rules, transaction, transition } from './rules.ts';
import { serviceRules } from './service-rules.ts';
import type { NetworkState } from './state.ts';

/**
 * What of the cell's services is in the kernel. Each call of `next` gives the one transaction that brings it up to date, of the services
 * that changed alone. Owns: the rules of each service as they were last put there, and which are out of date.
 */
export class ServiceTable {
  readonly #state: NetworkState;
  #place: RulesPlace | undefined;
  #applied = new Map<string, Rules>();
  #stale = new Set<string>();

  constructor(state: NetworkState) {
    this.#state = state;
  }

  /** The next transaction is of the whole table: what is there is not known, or not wanted. */
  reset(): void {
    this.#place = undefined;
  }

  changed(services: Iterable<string>): void {
    for (const service of services) this.#stale.add(service);
  }

  /** Any of them may be another, or gone. */
  allChanged(): void {
    this.changed(this.#applied.keys());
    this.changed(this.#state.services.keys());
  }

  /** Text for `nft -f`, and what to call once it has been taken. Undefined: nothing is to be done. */
  next(place: RulesPlace): { text: string; done: () => void } | undefined {
    const fresh = !this.#place || JSON.stringify(this.#place) !== JSON.stringify(place);
    const stale = fresh ? new Set(this.#state.services.keys()) : this.#stale;
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
        if (wanted.chains.size + wanted.elements.size > 0) this.#applied.set(key, wanted);
        else this.#applied.delete(key);
      }
    };
    return { text, done };
  }

  #rulesOf(key: string, place: RulesPlace): Rules {
    const service = this.#state.services.get(key);
    return service ? serviceRules(service, this.#state.slicesOf(key), place) : NO_RULES;
  }
}
