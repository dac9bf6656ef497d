import type { Node } from '../../api/core/node.ts';
import type { Population } from './populations.ts';
import { type Places, Ranking } from './ranking.ts';
import { Tally } from './tally.ts';
import { NO_DOMAIN, type Topology, type TopologyKey } from './topology.ts';

/** What the pods in a node's domains mean for one more pod (docs/SCHEDULING.md: affinity, anti-affinity, spread). */
export type DomainRule = DomainConstraint | DomainPreference;

export type DomainConstraint =
  /** The domain must hold one of the population; if no domain does, and `self` is true, the pod may be the first. */
  | {
      readonly type: 'attract';
      readonly topologyKey: string;
      readonly population: Population;
      readonly self: boolean;
      readonly refusal: string;
    }
  /** The domain must hold none. */
  | {
      readonly type: 'repel';
      readonly topologyKey: string;
      readonly population: Population;
      readonly refusal: string;
    }
  /** With the pod, the domain may hold at most `maxSkew` more than the emptiest one. */
  | {
      readonly type: 'even';
      readonly topologyKey: string;
      readonly population: Population;
      readonly counts: (node: Node) => boolean;
      readonly maxSkew: number;
      readonly minDomains: number;
      readonly self: boolean;
      readonly refusal: string;
    };

export type DomainPreference =
  /** Each of the population in the domain is worth `weight`. */
  | {
      readonly type: 'worth';
      readonly topologyKey: string;
      readonly population: Population;
      readonly weight: number;
    }
  /** The fewer in the domain the better. */
  | {
      readonly type: 'evenly';
      readonly topologyKey: string;
      readonly population: Population;
      readonly counts: (node: Node) => boolean;
      readonly maxSkew: number;
    };

/** Stands for the total of a domain where the node is in none. */
const ABSENT = -1;
const FIRST_SWEEP = 256;
const WORTH_WEIGHT = 2;
const EVENLY_WEIGHT = 2;

interface Ruled<R extends DomainRule> {
  readonly rule: R;
  readonly tally: Tally;
  /** Which part of a class's key tells of it: a total where the key is narrow, else a domain. */
  readonly part: number;
  readonly narrow: boolean;
}

/** Nodes that are alike to every rule: in the same wide domains, with the same totals in their narrow ones. */
export interface DomainClass {
  readonly key: Int32Array;
  readonly ranking: Ranking;
}

/**
 * Divides the feasible nodes of a shape into classes that its domain rules cannot tell apart, so that a placement costs a look
 * at each class (zones, times the handful of totals in use) and not at each node: what changes a zone's count changes nothing
 * else of its nodes.
 *
 * Owns: a tally for each rule, and the classes that have members.
 */
export class Domains {
  readonly #constraints: Ruled<DomainConstraint>[] = [];
  readonly #preferences: Ruled<DomainPreference>[] = [];
  readonly #all: Ruled<DomainRule>[];
  readonly #keys: { readonly key: TopologyKey; readonly narrow: boolean }[] = [];
  readonly #places: Places;
  #root: ClassTree = new Map();
  readonly #scratch: Int32Array;
  /** Classes that have members, and some that had. */
  #classes: DomainClass[] = [];
  #sweepAt = FIRST_SWEEP;
  /** Slots whose class may have changed for what happened in another slot. */
  readonly disturbed: number[] = [];

  constructor(rules: readonly DomainRule[], topology: Topology, places: Places) {
    this.#places = places;
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
    for (const { tally, narrow } of this.#all)
      tally.refresh(slot, (domain) => {
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
    return this.#find(key);
  }

  /** The best slot of all classes that the constraints admit, or -1. */
  best(): number {
    if (this.#preferences.length > 0)
      return this.bestOf(this.#admitted().map((one) => ({ slot: one.ranking.top, domainClass: one })));
    let [best, bestScore] = [-1, Number.NEGATIVE_INFINITY];
    for (const { ranking, key } of this.#classes) {
      if (ranking.size === 0) continue;
      const slot = ranking.top;
      const score = ranking.scoreOf(slot);
      if (score < bestScore || (score === bestScore && slot > best) || !this.#admitsClass(key)) continue;
      [best, bestScore] = [slot, score];
    }
    return best;
  }

  #admitted(): DomainClass[] {
    return this.#classes.filter(({ ranking, key }) => ranking.size > 0 && this.#admitsClass(key));
  }

  /** The best of some feasible slots, each with its class, or -1. */
  bestOf(candidates: readonly { readonly slot: number; readonly domainClass: DomainClass }[]): number {
    const points = this.points(candidates.map(({ domainClass }) => domainClass.key));
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
    return this.points(admitted.map(({ key }) => key))[admitted.indexOf(one)] ?? 0;
  }

  /** Whether any of the rules can refuse. */
  get hasConstraints(): boolean {
    return this.#constraints.length > 0;
  }

  /** Points of the preferences for each of some classes, which together hold all feasible nodes. */
  points(keys: readonly Int32Array[]): Float64Array {
    const points = new Float64Array(keys.length);
    if (this.#preferences.length === 0) return points;
    this.#addWorth(keys, points);
    this.#addEvenness(keys, points);
    return points;
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

  #addWorth(keys: readonly Int32Array[], points: Float64Array): void {
    const worths = this.#preferences.filter(isWorth);
    if (worths.length === 0) return;
    const raw = keys.map((key) =>
      worths.reduce((sum, ruled) => sum + ruled.rule.weight * Math.max(0, totalIn(ruled, key)), 0),
    );
    const [least, most] = extremes(raw);
    if (most === least) return;
    raw.forEach((worth, index) => {
      points[index] = points[index]! + (WORTH_WEIGHT * 100 * (worth - least)) / (most - least);
    });
  }

  #addEvenness(keys: readonly Int32Array[], points: Float64Array): void {
    const rules = this.#preferences.filter(isEvenly);
    if (rules.length === 0) return;
    const crowding = keys.map((key) => crowdingOf(rules, key));
    const [least, most] = extremes(crowding.filter((value) => value !== undefined));
    crowding.forEach((value, index) => {
      if (value === undefined) return;
      const share = most === 0 ? 1 : (most + least - value) / most;
      points[index] = points[index]! + EVENLY_WEIGHT * 100 * share;
    });
  }

  #find(key: Int32Array): DomainClass {
    const known = this.#lookUp(key);
    if (known) return known;
    if (this.#classes.length >= this.#sweepAt) this.#sweep();
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
    this.#classes.push(added);
  }

  /** Classes that have lost their members are forgotten, each time their number may have doubled. */
  #sweep(): void {
    const inhabited = this.#classes.filter(({ ranking }) => ranking.size > 0);
    this.#root = new Map();
    this.#classes = [];
    for (const one of inhabited) this.#enter(one);
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * inhabited.length);
  }
}

/** By the parts of the key, one level each. */
type ClassTree = Map<number, ClassTree | DomainClass>;

const isPreference = (rule: DomainRule): rule is DomainPreference => rule.type === 'worth' || rule.type === 'evenly';
const isWorth = (ruled: Ruled<DomainPreference>): ruled is Ruled<Extract<DomainPreference, { type: 'worth' }>> =>
  ruled.rule.type === 'worth';
const isEvenly = (ruled: Ruled<DomainPreference>): ruled is Ruled<Extract<DomainPreference, { type: 'evenly' }>> =>
  ruled.rule.type === 'evenly';

/** To `attract` and `repel` all totals above zero are one. */
function boundedTotal(rule: DomainRule, total: number): number {
  return rule.type === 'attract' || rule.type === 'repel' ? Math.min(1, total) : total;
}

function totalIn({ tally, part, narrow }: Ruled<DomainRule>, key: Int32Array): number {
  const value = key[part]!;
  if (narrow || value === NO_DOMAIN) return value;
  return tally.total(value);
}

function permits(rule: DomainConstraint, total: number, least: number, first: boolean): boolean {
  switch (rule.type) {
    case 'attract':
      return total > 0 || (total === 0 && first);
    case 'repel':
      return total <= 0;
    case 'even':
      return total !== ABSENT && total + (rule.self ? 1 : 0) - least <= rule.maxSkew;
  }
}

/** Kubernetes' score for `ScheduleAnyway` (docs/SCHEDULING.md, "spread"), before it is turned round; nothing where a key lacks. */
function crowdingOf(
  rules: readonly Ruled<Extract<DomainPreference, { type: 'evenly' }>>[],
  key: Int32Array,
): number | undefined {
  let sum = 0;
  for (const ruled of rules) {
    const total = totalIn(ruled, key);
    if (total === ABSENT) return undefined;
    sum += total * Math.log(ruled.tally.domains + 2) + (ruled.rule.maxSkew - 1);
  }
  return sum;
}

function extremes(values: readonly number[]): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}
