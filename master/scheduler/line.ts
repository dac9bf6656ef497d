/** Places behind the head that may be vacant before the line closes up. */
const MAX_VACANT = 1024;

/**
 * First in, first out, with leaving from the middle. (Not a plain Map: the head of one from which much was taken is found by
 * walking over all that is gone.)
 *
 * Owns: its members in order, `undefined` where one has left, and where each stands.
 */
export class Line<T extends { readonly uid: string }> implements Iterable<T> {
  #places: (T | undefined)[] = [];
  #head = 0;
  readonly #indexes = new Map<string, number>();

  get size(): number {
    return this.#indexes.size;
  }

  get(uid: string): T | undefined {
    const index = this.#indexes.get(uid);
    return index === undefined ? undefined : this.#places[index];
  }

  /** Joins at the end. One that is in line already must not join again. */
  join(member: T): void {
    this.#indexes.set(member.uid, this.#places.length);
    this.#places.push(member);
  }

  leave(uid: string): void {
    const index = this.#indexes.get(uid);
    if (index === undefined) return;
    this.#indexes.delete(uid);
    this.#places[index] = undefined;
  }

  first(): T | undefined {
    while (this.#head < this.#places.length && !this.#places[this.#head]) this.#head++;
    if (this.#head > MAX_VACANT && this.#head * 2 > this.#places.length) this.#closeUp();
    return this.#places[this.#head];
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let index = this.#head; index < this.#places.length; index++) {
      const member = this.#places[index];
      if (member) yield member;
    }
  }

  #closeUp(): void {
    this.#places = this.#places.slice(this.#head);
    this.#head = 0;
    this.#indexes.clear();
    this.#places.forEach((member, index) => {
      if (member) this.#indexes.set(member.uid, index);
    });
  }
}
