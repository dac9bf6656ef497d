/** Not in any ranking. */
const OUT = -1;

/**
 * Where each slot stands in the ranking it is in; a slot is in at most one.
 *
 * Owns: the column.
 */
export class Places {
  /** Index within the ranking's heap, or -1. */
  at = new Int32Array(0);

  ensure(slot: number): void {
    if (slot < this.at.length) return;
    const at = new Int32Array(Math.max(64, 2 * (slot + 1))).fill(OUT);
    at.set(this.at);
    this.at = at;
  }

  holds(slot: number): boolean {
    return slot < this.at.length && this.at[slot]! >= 0;
  }
}

/**
 * Slots by score, the best always at hand: an indexed binary heap. Changing a score costs log2(slots) at most and reading the
 * best costs nothing. Of equals the lowest slot wins, so results do not depend on the order of changes. Scores lie beside the slots
 * in the heap, so that a step up or down is one look at memory and not three: with many shapes that is what a change costs.
 *
 * Owns: its members and their scores. Where they stand is in the `Places` that rankings share.
 */
export class Ranking {
  readonly #places: Places;
  #slots = new Int32Array(0);
  #scores = new Float64Array(0);
  size = 0;

  constructor(places: Places) {
    this.#places = places;
  }

  /** The best slot, or -1. */
  get top(): number {
    return this.size > 0 ? this.#slots[0]! : OUT;
  }

  /** In no particular order. */
  get members(): Int32Array {
    return this.#slots.subarray(0, this.size);
  }

  /** Of a member. */
  scoreOf(slot: number): number {
    return this.#scores[this.#places.at[slot]!]!;
  }

  /** A slot that is in no ranking joins this one. */
  enter(slot: number, score: number): void {
    if (this.size === this.#slots.length) this.#grow();
    this.#rise(slot, score, this.size++);
  }

  leave(slot: number): void {
    const at = this.#places.at[slot]!;
    this.#places.at[slot] = OUT;
    this.size--;
    if (at === this.size) return;
    const [last, score] = [this.#slots[this.size]!, this.#scores[this.size]!];
    if (at > 0 && this.#losesTo((at - 1) >> 1, last, score)) this.#rise(last, score, at);
    else this.#sink(last, score, at);
  }

  rescore(slot: number, score: number): void {
    const at = this.#places.at[slot]!;
    const before = this.#scores[at]!;
    if (score > before) this.#rise(slot, score, at);
    else if (score < before) this.#sink(slot, score, at);
  }

  #rise(slot: number, score: number, from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#losesTo(parent, slot, score)) break;
      this.#put(this.#slots[parent]!, this.#scores[parent]!, at);
      at = parent;
    }
    this.#put(slot, score, at);
  }

  #sink(slot: number, score: number, from: number): void {
    let at = from;
    for (let child = 2 * at + 1; child < this.size; child = 2 * at + 1) {
      if (child + 1 < this.size && this.#losesTo(child, this.#slots[child + 1]!, this.#scores[child + 1]!)) child++;
      if (!this.#beats(child, slot, score)) break;
      this.#put(this.#slots[child]!, this.#scores[child]!, at);
      at = child;
    }
    this.#put(slot, score, at);
  }

  #put(slot: number, score: number, at: number): void {
    this.#slots[at] = slot;
    this.#scores[at] = score;
    this.#places.at[slot] = at;
  }

  /** Whether whoever stands there comes after the slot with that score. */
  #losesTo(at: number, slot: number, score: number): boolean {
    const there = this.#scores[at]!;
    return there !== score ? there < score : this.#slots[at]! > slot;
  }

  #beats(at: number, slot: number, score: number): boolean {
    const there = this.#scores[at]!;
    return there !== score ? there > score : this.#slots[at]! < slot;
  }

  #grow(): void {
    const capacity = Math.max(16, 2 * this.size);
    const slots = new Int32Array(capacity);
    slots.set(this.#slots);
    this.#slots = slots;
    const scores = new Float64Array(capacity);
    scores.set(this.#scores);
    this.#scores = scores;
  }
}
