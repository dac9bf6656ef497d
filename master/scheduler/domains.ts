import type { Node } from '../../api/core/node.ts';
import { type DomainClass, DomainClasses } from './domain-classes.ts';
import { preferencePoints } from './domain-points.ts';
import {
  ABSENT,
  boundedTotal,
  type DomainConstraint,
  type DomainPreference,
  type DomainRule,
  isPreference,
  permits,
  type Ruled,
  totalIn,
} from './domain-rules.ts';
import type { Footprint } from './footprint.ts';
import type { Population } from './populations.ts';
import type { Places } from './ranking.ts';
import { Tally } from './tally.ts';
import { NO_DOMAIN, type Topology, type TopologyKey } from './topology.ts';

/**
 * Divides the feasible nodes of a shape into classes that its domain rules cannot tell apart, so that a placement costs a look
 * at each class (zones, times the handful of totals in use) and not at each node: what changes a zone's count changes nothing
 * else of its nodes.
 *
 * Owns: a tally for each rule, and the classes.
 */
export class Domains {
  readonly #constraints: Ruled<DomainConstraint>[] = [];
  readonly #preferences: Ruled<DomainPreference>[] = [];
  readonly #all: Ruled<DomainRule>[];
  readonly #keys: { readonly key: TopologyKey; readonly narrow: boolean }[] = [];
  readonly #classes: DomainClasses;
  readonly #scratch: Int32Array;
  /** Slots whose class may have changed for what happened in another slot. */
  readonly disturbed: number[] = [];
  readonly #counted: ReadonlySet<Population>;
  /** Changes when what the constraints say of a slot may have changed for what happened in another slot. */
  version = 0;

  constructor(rules: readonly DomainRule[], topology: Topology, places: Places) {
    this.#classes = new DomainClasses(places);
    const parts = new Map<string, number>();
    for (const rule of rules) {
      const key = topology.key(rule.topologyKey);
      const narrow = key.isNarrow;
      if (!this.#keys.some((known) => known.key === key)) this.#keys.push({ key, narrow });
      const name = narrow ? `#${parts.size}` : key.name;
      const part = parts.get(name) ?? parts.size;
      parts.set(name, part);
      const tally = new Tally(key, rule.population, 'counts' in rule ? rule.counts : undefined);
      if (isPreference(rule)) this.#preferences.push({ rule, tally, part, narrow });
      else this.#constraints.push({ rule, tally, part, narrow });
    }
    this.#all = [...this.#constraints, ...this.#preferences];
    this.#counted = new Set(this.#constraints.map(({ rule }) => rule.population));
    this.#scratch = new Int32Array(parts.size);
  }

  /** Whether a key has become narrow or wide since: then all of this is to be built anew, for speed's sake. */
  get isOutgrown(): boolean {
    return this.#keys.some(({ key, narrow }) => key.isNarrow !== narrow);
  }

  /** The node object in the slot is new, or gone. */
  setNode(slot: number, node: Node | undefined): void {
    for (const { tally } of this.#all) tally.setNode(slot, node);
  }

  refresh(slot: number): void {
    for (const { rule, tally, narrow } of this.#all)
      tally.refresh(slot, (domain) => {
        if (!isPreference(rule) && isFelt(rule, tally, domain, slot)) this.version++;
        if (!narrow) return;
        for (const member of tally.key.members(domain)) if (member !== slot) this.disturbed.push(member);
      });
  }

  classOf(slot: number): DomainClass {
    const key = this.#scratch;
    for (const { rule, tally, part, narrow } of this.#all) {
      const domain = tally.key.domainAt(slot);
      key[part] = narrow ? (domain === NO_DOMAIN ? ABSENT : boundedTotal(rule, tally.total(domain))) : domain;
    }
    return this.#classes.at(key);
  }

  /** Whether the constraints may count pods like these. */
  counts({ populations, terms }: Footprint): boolean {
    for (const population of populations) if (this.#counted.has(population)) return true;
    for (const { owners } of terms) if (this.#counted.has(owners)) return true;
    return false;
  }

  /** The best slot of all classes that the constraints admit, or -1. */
  best(): number {
    if (this.#preferences.length > 0)
      return this.bestOf(this.#admitted().map((one) => ({ slot: one.ranking.top, domainClass: one })));
    let [best, bestScore] = [-1, Number.NEGATIVE_INFINITY];
    for (const { ranking, key } of this.#classes.all) {
      if (ranking.size === 0) continue;
      const slot = ranking.top;
      const score = ranking.scoreOf(slot);
      if (score < bestScore || (score === bestScore && slot > best) || !this.#admitsClass(key)) continue;
      [best, bestScore] = [slot, score];
    }
    return best;
  }

  #admitted(): DomainClass[] {
    return this.#classes.all.filter(({ ranking, key }) => ranking.size > 0 && this.#admitsClass(key));
  }

  /** The best of some feasible slots, each with its class, or -1. */
  bestOf(candidates: readonly { readonly slot: number; readonly domainClass: DomainClass }[]): number {
    const keys = candidates.map(({ domainClass }) => domainClass.key);
    const points = preferencePoints(this.#preferences, keys);
    let [best, bestScore] = [-1, Number.NEGATIVE_INFINITY];
    candidates.forEach(({ slot, domainClass }, index) => {
      const score = domainClass.ranking.scoreOf(slot) + (points[index] ?? 0);
      if (score > bestScore || (score === bestScore && slot < best)) [best, bestScore] = [slot, score];
    });
    return best;
  }

  /** Every slot of every class that the constraints admit. */
  feasible(): number[] {
    return this.#admitted().flatMap(({ ranking }) => [...ranking.members]);
  }

  /** Points of the preferences for one of the admitted classes. */
  pointsOf(one: DomainClass): number {
    const admitted = this.#admitted();
    const keys = admitted.map(({ key }) => key);
    return preferencePoints(this.#preferences, keys)[admitted.indexOf(one)] ?? 0;
  }

  /** Whether any of the rules can refuse. */
  get hasConstraints(): boolean {
    return this.#constraints.length > 0;
  }

  /** Whether the constraints admit the class. */
  admits({ key }: DomainClass): boolean {
    return this.#admitsClass(key);
  }

  /**
   * Whether they would admit the slot with its pods as they are at this moment, also where the tallies have not been told since
   * somebody asks "what if".
   */
  admitsNow(slot: number): boolean {
    return this.#constraints.every((ruled) => this.#permitsNow(ruled, slot));
  }

  refusals(slot: number): string[] {
    const reasons = this.#constraints
      .filter((ruled) => !this.#permitsNow(ruled, slot))
      .map(({ rule, tally }) =>
        rule.type === 'even' && tally.key.domainAt(slot) === NO_DOMAIN
          ? `${rule.refusal} (missing required label)`
          : rule.refusal,
      );
    return [...new Set(reasons)];
  }

  #admitsClass(key: Int32Array): boolean {
    for (const ruled of this.#constraints) {
      const total = totalIn(ruled, key);
      if (!permits(ruled.rule, total, this.#leastOf(ruled), this.#mayBeFirst(ruled))) return false;
    }
    return true;
  }

  #permitsNow({ rule, tally }: Ruled<DomainConstraint>, slot: number): boolean {
    const domain = tally.key.domainAt(slot);
    const total = domain === NO_DOMAIN ? ABSENT : tally.totalNow(slot);
    const least =
      rule.type !== 'even' || tally.domains < rule.minDomains || domain === NO_DOMAIN
        ? 0
        : tally.leastWith(domain, total);
    const first =
      rule.type === 'attract' &&
      rule.self &&
      this.#constraints.every((other) => other.rule.type !== 'attract' || other.tally.grandNow(slot) === 0);
    return permits(rule, total, least, first);
  }

  #leastOf({ rule, tally }: Ruled<DomainConstraint>): number {
    return rule.type !== 'even' || tally.domains < rule.minDomains ? 0 : tally.least;
  }

  #mayBeFirst({ rule }: Ruled<DomainConstraint>): boolean {
    if (rule.type !== 'attract' || !rule.self) return false;
    return this.#constraints.every((other) => other.rule.type !== 'attract' || other.tally.grand === 0);
  }
}

/** Whether what happens to the domain in one of its slots matters to any other slot. */
function isFelt({ type }: DomainConstraint, { key }: Tally, domain: number, slot: number): boolean {
  const members = key.members(domain);
  return type !== 'repel' || members.size > (members.has(slot) ? 1 : 0);
}
