/** Not in any ranking. */
const OUT = -1;

/**
 * Scores of slots, and where each stands in the ranking it is in; a slot is in at most one.
 *
 * Owns: both columns.
 */
export class Standings {
  scores = new Float64Array(0);
  /** Index within the ranking's heap. */
  places = new Int32Array(0);

  ensure(slot: number): void {
    if (slot < this.scores.length) return;
    const size = Math.max(64, 2 * (slot + 1));
    const scores = new Float64Array(size);
    scores.set(this.scores);
    this.scores = scores;
    const places = new Int32Array(size).fill(OUT);
    places.set(this.places);
    this.places = places;
  }
}

/**
 * Slots by score, the best always at hand: an indexed binary heap. Changing a score costs log2(slots) at most and reading the
 * best costs nothing. Of equals the lowest slot wins, so results do not depend on the order of changes.
 *
 * Owns: its members. Scores and places are in the `Standings` that rankings share.
 */
export class Ranking {
  readonly #standings: Standings;
  readonly #heap: number[] = [];

  constructor(standings: Standings) {
    this.#standings = standings;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** The best slot, or -1. */
  get top(): number {
    return this.#heap.length > 0 ? this.#heap[0]! : OUT;
  }

  /** In no particular order. */
  get members(): readonly number[] {
    return this.#heap;
  }

  /** A slot that is in no ranking joins this one. */
  enter(slot: number, score: number): void {
    this.#standings.scores[slot] = score;
    this.#heap.push(slot);
    this.#rise(slot, this.#heap.length - 1);
  }

  leave(slot: number): void {
    const { places } = this.#standings;
    const at = places[slot]!;
    const last = this.#heap.pop()!;
    places[slot] = OUT;
    if (last === slot) return;
    this.#settle(last, at);
  }

  rescore(slot: number, score: number): void {
    const { scores, places } = this.#standings;
    const before = scores[slot]!;
    if (before === score) return;
    scores[slot] = score;
    if (score > before) this.#rise(slot, places[slot]!);
    else this.#sink(slot, places[slot]!);
  }

  #settle(slot: number, at: number): void {
    const parent = (at - 1) >> 1;
    if (at > 0 && this.#beats(slot, this.#heap[parent]!)) this.#rise(slot, at);
    else this.#sink(slot, at);
  }

  #rise(slot: number, from: number): void {
    const heap = this.#heap;
    const { places } = this.#standings;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent]!;
      if (!this.#beats(slot, above)) break;
      heap[at] = above;
      places[above] = at;
      at = parent;
    }
    heap[at] = slot;
    places[slot] = at;
  }

  #sink(slot: number, from: number): void {
    const heap = this.#heap;
    const { places } = this.#standings;
    const { length } = heap;
    let at = from;
    for (let child = 2 * at + 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && this.#beats(heap[child + 1]!, heap[child]!)) child++;
      const below = heap[child]!;
      if (!this.#beats(below, slot)) break;
      heap[at] = below;
      places[below] = at;
      at = child;
    }
    heap[at] = slot;
    places[slot] = at;
  }

  #beats(a: number, b: number): boolean {
    const { scores } = this.#standings;
    const [scoreA, scoreB] = [scores[a]!, scores[b]!];
    return scoreA !== scoreB ? scoreA > scoreB : a < b;
  }
}
