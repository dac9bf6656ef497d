import { type Peers, type PodSelector, Population, type Populations } from './populations.ts';

/**
 * A term by which pods that are in the cell bear on pods still to come: required anti-affinity repels the pods it selects from
 * its owners' domains; every other kind makes those domains worth more or less to them (the symmetry of inter-pod affinity,
 * Kubernetes docs, "Assigning Pods to Nodes").
 */
export interface OwnedTerm {
  readonly key: string;
  readonly effect: 'repels' | 'attracts';
  /** Points per owner in the domain; negative for preferred anti-affinity; 0 where it repels. */
  readonly weight: number;
  readonly topologyKey: string;
  readonly selector: PodSelector;
  /** The pods that have the term. */
  readonly owners: Population;
}

/** Remembers which terms mean it. */
export interface Matchable extends Peers {
  matched: readonly OwnedTerm[];
  matchedAt: number;
}

const FIRST_SWEEP = 256;

/**
 * The terms of all pods in the cell, each once.
 *
 * Owns: the terms in order of arrival. A term without owners means nothing, and is forgotten once many have gathered.
 */
export class OwnedTerms {
  readonly #populations: Populations;
  readonly #known = new Map<string, OwnedTerm>();
  readonly #listed = new Set<OwnedTerm>();
  #terms: OwnedTerm[] = [];
  #sweepAt = FIRST_SWEEP;
  /** Position of the first of `#terms` in the order of all terms there have ever been. */
  #offset = 0;
  #epoch = 0;

  constructor(populations: Populations) {
    this.#populations = populations;
  }

  /** Changes when some pod may be meant by other terms than before. */
  get version(): number {
    return this.#offset + this.#terms.length;
  }

  own(parts: Omit<OwnedTerm, 'key' | 'owners'>): OwnedTerm {
    const key = `${parts.effect}${parts.weight}@${parts.topologyKey}:${parts.selector.key}`;
    const known = this.#known.get(key);
    if (known) return known;
    const term: OwnedTerm = { ...parts, key, owners: new Population() };
    this.#register(term);
    return term;
  }

  /** To be called before a term gets an owner: it may have been forgotten for want of any. */
  recall(term: OwnedTerm): void {
    if (!this.#listed.has(term)) this.#register(term);
  }

  /** Terms that mean the pod, whoever has them. */
  matching(pod: Matchable): readonly OwnedTerm[] {
    if (pod.matchedAt === this.version) return pod.matched;
    const from = pod.matchedAt < this.#epoch ? 0 : pod.matchedAt - this.#offset;
    const known = pod.matchedAt < this.#epoch ? [] : pod.matched;
    const added: OwnedTerm[] = [];
    for (let at = Math.max(0, from); at < this.#terms.length; at++) {
      const term = this.#terms[at]!;
      if (this.#populations.selects(term.selector, pod)) added.push(term);
    }
    if (added.length > 0 || known !== pod.matched) pod.matched = [...known, ...added];
    pod.matchedAt = this.version;
    return pod.matched;
  }

  /** Labels of a namespace have changed: all matches are to be found anew. */
  reconsider(): void {
    this.#startOver(this.#terms);
  }

  #register(term: OwnedTerm): void {
    if (this.#terms.length >= this.#sweepAt) this.#sweep();
    this.#known.set(term.key, term);
    this.#listed.add(term);
    this.#terms.push(term);
  }

  #sweep(): void {
    const owned = this.#terms.filter(({ owners }) => owners.total > 0);
    for (const term of this.#terms) if (term.owners.total === 0) this.#forget(term);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * owned.length);
    this.#startOver(owned);
  }

  #forget(term: OwnedTerm): void {
    this.#listed.delete(term);
    if (this.#known.get(term.key) === term) this.#known.delete(term.key);
  }

  #startOver(terms: OwnedTerm[]): void {
    this.#offset += this.#terms.length + 1;
    this.#epoch = this.#offset;
    this.#terms = terms;
  }
}
