import { type Cost, isBetter } from './cost.ts';

/** In no place. */
const OUT = -1;

/**
 * What it would cost to let in a pod of one shape and priority, for each slot where that is possible: an indexed binary heap, the
 * best always at hand. Setting and deleting a cost takes log2(slots) comparisons at most.
 *
 * Owns: the costs, in the order of the heap, and the place of each slot's.
 */
export class CostTable {
  readonly #heap: Cost[] = [];
  #places = new Int32Array(0);

  /** Slots that have a cost. */
  get size(): number {
    return this.#heap.length;
  }

  has(slot: number): boolean {
    return slot < this.#places.length && this.#places[slot]! !== OUT;
  }

  /** The best slot that will do, or -1. Not asked of slots that are worse than one that is known to do. */
  best(willDo: (slot: number) => boolean): number {
    return this.#bestUnder(0, undefined, willDo)?.slot ?? -1;
  }

  /** Instead of the cost that the slot has had. */
  set(cost: Cost): void {
    const { slot } = cost;
    if (slot >= this.#places.length) this.#grow(slot + 1);
    const at = this.#places[slot]! === OUT ? this.#heap.push(cost) - 1 : this.#places[slot]!;
    this.#sink(cost, this.#rise(cost, at));
  }

  /** The slot is out of the question. */
  delete(slot: number): void {
    if (!this.has(slot)) return;
    const at = this.#places[slot]!;
    this.#places[slot] = OUT;
    const last = this.#heap.pop()!;
    if (last.slot !== slot) this.#sink(last, this.#rise(last, at));
  }

  /** The best of `known`, which will do, and those at that place of the heap and under it. */
  #bestUnder(at: number, known: Cost | undefined, willDo: (slot: number) => boolean): Cost | undefined {
    const cost = this.#heap[at];
    if (!cost || (known && isBetter(known, cost))) return known;
    if (willDo(cost.slot)) return cost;
    // The better half first: what is found there spares questions about the other.
    const [left, right] = [2 * at + 1, 2 * at + 2];
    const isRightFirst = right < this.#heap.length && isBetter(this.#heap[right]!, this.#heap[left]!);
    const found = this.#bestUnder(isRightFirst ? right : left, known, willDo);
    return this.#bestUnder(isRightFirst ? left : right, found, willDo);
  }

  #rise(cost: Cost, from: number): number {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBetter(cost, this.#heap[parent]!)) break;
      this.#put(this.#heap[parent]!, at);
      at = parent;
    }
    this.#put(cost, at);
    return at;
  }

  #sink(cost: Cost, from: number): void {
    const heap = this.#heap;
    let at = from;
    for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBetter(heap[child + 1]!, heap[child]!)) child++;
      if (!isBetter(heap[child]!, cost)) break;
      this.#put(heap[child]!, at);
      at = child;
    }
    this.#put(cost, at);
  }

  #put(cost: Cost, at: number): void {
    this.#heap[at] = cost;
    this.#places[cost.slot] = at;
  }

  #grow(size: number): void {
    const places = new Int32Array(Math.max(64, 2 * size)).fill(OUT);
    places.set(this.#places);
    this.#places = places;
  }
}
