import type { Node } from '../../api/core/node.ts';
import type { Population } from './populations.ts';
import { NO_DOMAIN, type TopologyKey } from './topology.ts';

/**
 * How many pods of a population are in each domain of a key, over the nodes that count, as one shape sees it: up to date with
 * the slots it was refreshed for.
 *
 * Owns: per slot what was last counted and in which domain; per domain the sums; how many domains have each sum.
 */
export class Tally {
  readonly key: TopologyKey;
  readonly population: Population;
  readonly #counts: (node: Node) => boolean;
  #eligible = new Uint8Array(0);
  #counted = new Int32Array(0);
  #domains = new Int32Array(0);
  #totals = new Int32Array(0);
  #nodes = new Int32Array(0);
  /** Existing domains by total: what the least total is, without a look at each. */
  readonly #existing = new Map<number, number>();
  #least = 0;
  /** Domains that have a node that counts. */
  domains = 0;
  /** Pods over all domains. */
  grand = 0;

  constructor(key: TopologyKey, population: Population, counts: (node: Node) => boolean = () => true) {
    this.key = key;
    this.population = population;
    this.#counts = counts;
  }

  total(domain: number): number {
    return domain < this.#totals.length ? this.#totals[domain]! : 0;
  }

  /** The least total of any domain that exists; 0 when none does. */
  get least(): number {
    if (this.domains === 0) return 0;
    while (!this.#existing.get(this.#least)) this.#least++;
    return this.#least;
  }

  /** The least total, if domain had `total` instead of what it has. */
  leastWith(domain: number, total: number): number {
    const { least } = this;
    if (this.#nodesIn(domain) === 0) return least;
    const own = this.total(domain);
    if (total <= least) return total;
    if (own > least || this.#existing.get(least)! > 1) return least;
    let next = total;
    for (const existing of this.#existing.keys()) if (existing > least && existing < next) next = existing;
    return next;
  }

  /** What would be counted in the slot's domain if the population were as it is now, in that slot. */
  totalNow(slot: number): number {
    const now = this.#eligible[slot] ? this.population.at(slot) : 0;
    return this.total(this.key.domainAt(slot)) + now - (this.#counted[slot] ?? 0);
  }

  /** What changed in the slot since the last look. */
  grandNow(slot: number): number {
    const now = this.#eligible[slot] ? this.population.at(slot) : 0;
    return this.grand + now - (this.#counted[slot] ?? 0);
  }

  /** The node object in the slot is new, or gone. */
  setNode(slot: number, node: Node | undefined): void {
    if (slot >= this.#counted.length) this.#grow(slot + 1);
    this.#eligible[slot] = node && this.#counts(node) ? 1 : 0;
  }

  /** Counts the slot anew; tells every domain whose total is another now. */
  refresh(slot: number, changed: (domain: number) => void): void {
    const eligible = this.#eligible[slot] === 1;
    const domain = eligible ? this.key.domainAt(slot) : NO_DOMAIN;
    const count = domain === NO_DOMAIN ? 0 : this.population.at(slot);
    const [before, countBefore] = [this.#domains[slot]!, this.#counted[slot]!];
    if (before === domain && countBefore === count) return;
    this.#domains[slot] = domain;
    this.#counted[slot] = count;
    if (before === domain) this.#move(domain, count - countBefore, 0);
    else {
      if (before !== NO_DOMAIN) this.#move(before, -countBefore, -1);
      if (domain !== NO_DOMAIN) this.#move(domain, count, 1);
      if (before !== NO_DOMAIN) changed(before);
    }
    if (domain !== NO_DOMAIN) changed(domain);
  }

  #move(domain: number, pods: number, nodes: number): void {
    if (domain >= this.#totals.length) this.#growDomains(domain + 1);
    const total = this.#totals[domain]!;
    const inhabitants = this.#nodes[domain]!;
    if (inhabitants > 0) this.#strike(total);
    this.#totals[domain] = total + pods;
    this.#nodes[domain] = inhabitants + nodes;
    this.grand += pods;
    if (inhabitants + nodes > 0) this.#enter(total + pods);
  }

  #strike(total: number): void {
    this.domains--;
    const left = this.#existing.get(total)! - 1;
    if (left > 0) this.#existing.set(total, left);
    else this.#existing.delete(total);
  }

  #enter(total: number): void {
    if (this.domains === 0 || total < this.#least) this.#least = total;
    this.domains++;
    this.#existing.set(total, (this.#existing.get(total) ?? 0) + 1);
  }

  #nodesIn(domain: number): number {
    return domain >= 0 && domain < this.#nodes.length ? this.#nodes[domain]! : 0;
  }

  #grow(size: number): void {
    const capacity = Math.max(64, 2 * size);
    const domains = new Int32Array(capacity).fill(NO_DOMAIN);
    domains.set(this.#domains);
    this.#domains = domains;
    const counted = new Int32Array(capacity);
    counted.set(this.#counted);
    this.#counted = counted;
    const eligible = new Uint8Array(capacity);
    eligible.set(this.#eligible);
    this.#eligible = eligible;
  }

  #growDomains(size: number): void {
    const capacity = Math.max(16, 2 * size);
    const totals = new Int32Array(capacity);
    totals.set(this.#totals);
    this.#totals = totals;
    const nodes = new Int32Array(capacity);
    nodes.set(this.#nodes);
    this.#nodes = nodes;
  }
}
