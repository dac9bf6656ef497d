import type { Node } from '../../api/core/node.ts';
import { Recency } from './recency.ts';
import { type Demand, ResourceTable } from './resources.ts';

/**
 * The scheduler's model of the machines: one slot per node, one column per resource.
 *
 * Owns: slots (a node keeps its slot while it exists or pods are accounted to it), allocatable and used amounts, and
 * which slots changed last so that readers update only those. Nothing here looks at pods' specs; `Demand` is all it knows of them.
 */
export class Cell {
  readonly resources = new ResourceTable();
  #nodes: (Node | undefined)[] = [];
  readonly #names: string[] = [];
  readonly #slots = new Map<string, number>();
  readonly #vacant: number[] = [];
  #residents: number[] = [];
  #versions = new Uint32Array(0);
  #allocatable: Float64Array[] = [];
  #used: Float64Array[] = [];
  #capacity = 0;
  readonly #recency = new Recency();
  readonly #relief = new Recency();

  /** Slots are 0 to `slotCount - 1`; some may hold no node. */
  get slotCount(): number {
    return this.#names.length;
  }

  /** Nodes that exist. */
  nodeCount = 0;

  node(slot: number): Node | undefined {
    return this.#nodes[slot];
  }

  nameAt(slot: number): string {
    return this.#names[slot] ?? '';
  }

  /** Changes whenever the node object in the slot does (not when its use does). */
  versionAt(slot: number): number {
    return this.#versions[slot] ?? 0;
  }

  allocatable(resource: number, slot: number): number {
    return this.#allocatable[resource]?.[slot] ?? 0;
  }

  used(resource: number, slot: number): number {
    return this.#used[resource]?.[slot] ?? 0;
  }

  free(resource: number, slot: number): number {
    return this.allocatable(resource, slot) - this.used(resource, slot);
  }

  /** Returns the node's slot. */
  setNode(node: Node): number {
    const slot = this.#slotFor(node.metadata?.name ?? '');
    if (!this.#nodes[slot]) this.nodeCount++;
    this.#nodes[slot] = node;
    for (const column of this.#allocatable) column[slot] = 0;
    for (const [name, quantity] of Object.entries(node.status?.allocatable ?? {})) {
      this.#column(this.#allocatable, this.resources.idOf(name))[slot] = this.resources.offered(name, quantity);
    }
    this.#touchNode(slot);
    return slot;
  }

  /** Returns the slot the node was in. */
  removeNode(name: string): number | undefined {
    const slot = this.#slots.get(name);
    if (slot === undefined || !this.#nodes[slot]) return undefined;
    this.nodeCount--;
    this.#nodes[slot] = undefined;
    for (const column of this.#allocatable) column[slot] = 0;
    this.#touchNode(slot);
    this.#vacateIfUnused(slot);
    return slot;
  }

  /** Slots that hold a node, and the node. */
  *nodes(): Generator<readonly [slot: number, node: Node]> {
    for (let slot = 0; slot < this.#nodes.length; slot++) {
      const node = this.#nodes[slot];
      if (node) yield [slot, node];
    }
  }

  /** The slot of a node, known or not; undefined when nothing has been said of it. */
  slotOf(name: string): number | undefined {
    return this.#slots.get(name);
  }

  /** Accounts a demand to a node, which need not be known yet; returns its slot. */
  occupy(nodeName: string, demand: Demand): number {
    const slot = this.#slotFor(nodeName);
    this.#residents[slot]!++;
    this.suppose(slot, demand, 1);
    this.#recency.touch(slot);
    return slot;
  }

  vacate(slot: number, demand: Demand): void {
    this.#residents[slot]!--;
    this.suppose(slot, demand, -1);
    this.touch(slot);
    this.#vacateIfUnused(slot);
  }

  /** Grows with every change: a reader that has seen everything up to `now` asks for what came after it. */
  get now(): number {
    return this.#recency.now;
  }

  /** Calls `visit` once with every slot changed after `since`; 0 is before the first change. */
  changedSince(since: number, visit: (slot: number) => void): void {
    this.#recency.visitSince(since, visit);
  }

  /** As `now`, but only for changes that may let a pod in which was refused: more room, or another node object. */
  get relieved(): number {
    return this.#relief.now;
  }

  /** Calls `visit` once with every slot relieved after `since`. */
  relievedSince(since: number, visit: (slot: number) => void): void {
    this.#relief.visitSince(since, visit);
  }

  /** Accounts a demand without telling any reader: for a question that is undone before anybody else asks. */
  suppose(slot: number, demand: Demand, sign: 1 | -1): void {
    for (let i = 0; i < demand.ids.length; i++) {
      const column = this.#column(this.#used, demand.ids[i]!);
      column[slot] = column[slot]! + sign * demand.amounts[i]!;
    }
  }

  /** What is in the slot has changed in a way that its columns do not show. */
  touch(slot: number): void {
    this.#recency.touch(slot);
    this.#relief.touch(slot);
  }

  #slotFor(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = this.#vacant.pop() ?? this.#names.length;
    if (slot >= this.#capacity) this.#grow(Math.max(64, this.#capacity * 2));
    this.#names[slot] = name;
    this.#nodes[slot] = undefined;
    this.#residents[slot] = 0;
    this.#slots.set(name, slot);
    return slot;
  }

  #vacateIfUnused(slot: number): void {
    if (this.#nodes[slot] || this.#residents[slot]! > 0) return;
    this.#slots.delete(this.#names[slot]!);
    this.#vacant.push(slot);
    for (const column of [...this.#allocatable, ...this.#used]) column[slot] = 0;
  }

  #grow(capacity: number): void {
    const grown = (column: Float64Array) => {
      const next = new Float64Array(capacity);
      next.set(column);
      return next;
    };
    this.#allocatable = this.#allocatable.map(grown);
    this.#used = this.#used.map(grown);
    const versions = new Uint32Array(capacity);
    versions.set(this.#versions);
    this.#versions = versions;
    this.#capacity = capacity;
  }

  #column(columns: Float64Array[], resource: number): Float64Array {
    while (columns.length <= resource) columns.push(new Float64Array(this.#capacity));
    return columns[resource]!;
  }

  #touchNode(slot: number): void {
    this.#versions[slot] = this.#versions[slot]! + 1;
    this.touch(slot);
  }
}
