import { type Places, Ranking } from './ranking.ts';

/** Nodes that are alike to every rule: in the same wide domains, with the same totals in their narrow ones. */
export interface DomainClass {
  readonly key: Int32Array;
  readonly ranking: Ranking;
}

/** By the parts of the key, one level each. */
type ClassTree = Map<number, ClassTree | DomainClass>;

const FIRST_SWEEP = 256;

/**
 * Finds classes by their keys.
 *
 * Owns: the classes that have members, and some that had.
 */
export class DomainClasses {
  readonly #places: Places;
  #root: ClassTree = new Map();
  #all: DomainClass[] = [];
  #sweepAt = FIRST_SWEEP;

  constructor(places: Places) {
    this.#places = places;
  }

  /** Also those without members. */
  get all(): readonly DomainClass[] {
    return this.#all;
  }

  /** Made where there is none yet; the key is copied. */
  at(key: Int32Array): DomainClass {
    const known = this.#lookUp(key);
    if (known) return known;
    if (this.#all.length >= this.#sweepAt) this.#sweep();
    const added = { key: key.slice(), ranking: new Ranking(this.#places) };
    this.#enter(added);
    return added;
  }

  #lookUp(key: Int32Array): DomainClass | undefined {
    let found: ClassTree | DomainClass | undefined = this.#root;
    for (let at = 0; at < key.length && found; at++) found = (found as ClassTree).get(key[at]!);
    return found as DomainClass | undefined;
  }

  #enter(added: DomainClass): void {
    const { key } = added;
    let tree = this.#root;
    for (let at = 0; at < key.length - 1; at++) {
      const next = (tree.get(key[at]!) as ClassTree | undefined) ?? new Map();
      tree.set(key[at]!, next);
      tree = next;
    }
    tree.set(key[key.length - 1]!, added);
    this.#all.push(added);
  }

  /** Classes that have lost their members are forgotten, each time their number may have doubled. */
  #sweep(): void {
    const inhabited = this.#all.filter(({ ranking }) => ranking.size > 0);
    this.#root = new Map();
    this.#all = [];
    for (const one of inhabited) this.#enter(one);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * inhabited.length);
  }
}
