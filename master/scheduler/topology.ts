import type { Node } from '../../api/core/node.ts';

/** In no domain: the node lacks the label, or there is no node. */
export const NO_DOMAIN = -1;

/** Up to this many nodes a domain on average, a key is narrow. */
const NARROW_NODES = 4;
/** The key whose domains are single machines by definition. */
const HOSTNAME = 'kubernetes.io/hostname';
/** Fewer domains than this are cheap to look at one by one, however small they are. */
const FEW_DOMAINS = 64;

/**
 * The domains of one topology key (a node label): nodes with equal values are in one domain.
 *
 * Owns: a dense number for each value ever seen, the domain of every slot, and the slots of every domain.
 */
export class TopologyKey {
  readonly name: string;
  readonly #ids = new Map<string, number>();
  readonly #members: Set<number>[] = [];
  #domains = new Int32Array(0);
  #nodes = 0;
  #inhabited = 0;

  constructor(name: string) {
    this.name = name;
  }

  domainAt(slot: number): number {
    return slot < this.#domains.length ? this.#domains[slot]! : NO_DOMAIN;
  }

  /** Slots whose nodes are in the domain. */
  members(domain: number): ReadonlySet<number> {
    return this.#members[domain]!;
  }

  /** One more than the largest domain. */
  get size(): number {
    return this.#members.length;
  }

  /**
   * Whether the domains are so small (machines, as a rule) that what happens in one is best looked at by its nodes; the others
   * (zones, racks) are looked at as domains. A matter of speed only.
   */
  get isNarrow(): boolean {
    if (this.name === HOSTNAME) return true;
    return this.#inhabited > FEW_DOMAINS && this.#nodes <= this.#inhabited * NARROW_NODES;
  }

  setNode(slot: number, node: Node | undefined): void {
    const value = node?.metadata?.labels?.[this.name];
    const domain = value === undefined ? NO_DOMAIN : this.#idOf(value);
    const before = this.domainAt(slot);
    if (before === domain) return;
    if (slot >= this.#domains.length) this.#grow(slot + 1);
    this.#domains[slot] = domain;
    this.#leave(slot, before);
    this.#join(slot, domain);
  }

  #leave(slot: number, domain: number): void {
    if (domain === NO_DOMAIN) return;
    this.#nodes--;
    this.#members[domain]!.delete(slot);
    if (this.#members[domain]!.size === 0) this.#inhabited--;
  }

  #join(slot: number, domain: number): void {
    if (domain === NO_DOMAIN) return;
    this.#nodes++;
    if (this.#members[domain]!.size === 0) this.#inhabited++;
    this.#members[domain]!.add(slot);
  }

  #idOf(value: string): number {
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.#members.length;
      this.#ids.set(value, id);
      this.#members.push(new Set());
    }
    return id;
  }

  #grow(size: number): void {
    const domains = new Int32Array(Math.max(64, 2 * size)).fill(NO_DOMAIN);
    domains.set(this.#domains);
    this.#domains = domains;
  }
}

/**
 * The topology keys that any pod has asked about.
 *
 * Owns: one {@link TopologyKey} each, kept up to date from then on.
 */
export class Topology {
  readonly #keys = new Map<string, TopologyKey>();
  readonly #nodes: () => Iterable<readonly [slot: number, node: Node]>;

  constructor(nodes: () => Iterable<readonly [slot: number, node: Node]>) {
    this.#nodes = nodes;
  }

  key(name: string): TopologyKey {
    const known = this.#keys.get(name);
    if (known) return known;
    const key = new TopologyKey(name);
    for (const [slot, node] of this.#nodes()) key.setNode(slot, node);
    this.#keys.set(name, key);
    return key;
  }

  setNode(slot: number, node: Node | undefined): void {
    for (const key of this.#keys.values()) key.setNode(slot, node);
  }
}
