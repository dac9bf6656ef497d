const NONE = -1;

/**
 * Slots in order of their last change, so that a reader who was here before visits each slot changed since then once, however
 * often it changed. Touching a slot and taking one step of a visit both cost a constant.
 *
 * Owns: a doubly linked list through typed arrays, newest at the head, and the time (a count of touches) of each slot's last.
 */
export class Recency {
  #time = 0;
  #head = NONE;
  #lastTouched = new Float64Array(0);
  #newer = new Int32Array(0);
  #older = new Int32Array(0);

  /** Where a reader that has seen everything stands. */
  get now(): number {
    return this.#time;
  }

  touch(slot: number): void {
    if (slot >= this.#lastTouched.length) this.#grow(Math.max(64, 2 * (slot + 1)));
    this.#lastTouched[slot] = ++this.#time;
    if (this.#head === slot) return;
    this.#unlink(slot);
    this.#older[slot] = this.#head;
    if (this.#head !== NONE) this.#newer[this.#head] = slot;
    this.#head = slot;
  }

  /** Calls `visit` with every slot touched after `since`, newest first. It must not touch any. */
  visitSince(since: number, visit: (slot: number) => void): void {
    for (let slot = this.#head; slot !== NONE && this.#lastTouched[slot]! > since; slot = this.#older[slot]!)
      visit(slot);
  }

  #unlink(slot: number): void {
    const [newer, older] = [this.#newer[slot]!, this.#older[slot]!];
    if (newer !== NONE) this.#older[newer] = older;
    if (older !== NONE) this.#newer[older] = newer;
    this.#newer[slot] = NONE;
  }

  #grow(size: number): void {
    const times = new Float64Array(size);
    times.set(this.#lastTouched);
    this.#lastTouched = times;
    this.#newer = grownLinks(this.#newer, size);
    this.#older = grownLinks(this.#older, size);
  }
}

function grownLinks(links: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(size).fill(NONE);
  grown.set(links);
  return grown;
}
