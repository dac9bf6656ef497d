/** In no heap. */
const OUT = -1;

/**
 * Slots in an order that is asked for, the first always at hand: an indexed binary heap. Putting a slot in, out, or in another
 * place costs log2(slots) at most.
 *
 * Owns: its members. Their order is somebody else's: it is told here of every slot whose order has changed, one at a time.
 */
export class SlotHeap {
  readonly #isBefore: (a: number, b: number) => boolean;
  readonly #heap: number[] = [];
  #places = new Int32Array(0);

  constructor(isBefore: (a: number, b: number) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** The first slot, or -1. */
  get top(): number {
    return this.#heap[0] ?? OUT;
  }

  /** In no particular order. */
  get members(): readonly number[] {
    return this.#heap;
  }

  has(slot: number): boolean {
    return slot < this.#places.length && this.#places[slot]! >= 0;
  }

  /** Puts a slot where it belongs by now. */
  settle(slot: number): void {
    if (slot >= this.#places.length) this.#grow(slot + 1);
    const at = this.#places[slot]! >= 0 ? this.#places[slot]! : this.#heap.push(slot) - 1;
    this.#sink(slot, this.#rise(slot, at));
  }

  leave(slot: number): void {
    if (!this.has(slot)) return;
    const at = this.#places[slot]!;
    this.#places[slot] = OUT;
    const last = this.#heap.pop()!;
    if (last !== slot) this.#sink(last, this.#rise(last, at));
  }

  #rise(slot: number, from: number): number {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(slot, this.#heap[parent]!)) break;
      this.#put(this.#heap[parent]!, at);
      at = parent;
    }
    this.#put(slot, at);
    return at;
  }

  #sink(slot: number, from: number): void {
    const heap = this.#heap;
    let at = from;
    for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#isBefore(heap[child]!, slot)) break;
      this.#put(heap[child]!, at);
      at = child;
    }
    this.#put(slot, at);
  }

  #put(slot: number, at: number): void {
    this.#heap[at] = slot;
    this.#places[slot] = at;
  }

  #grow(size: number): void {
    const places = new Int32Array(Math.max(64, 2 * size)).fill(OUT);
    places.set(this.#places);
    this.#places = places;
  }
}
