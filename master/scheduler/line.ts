import { Heap } from './heap.ts';

interface Member {
  readonly uid: string;
  /** Order of arrival; whoever comes back has the number of old. */
  readonly sequence: number;
}

/** Places that may be vacant before the line closes up, whatever its length. */
const MAX_VACANT = 1024;

/**
 * First come, first served, with leaving from the middle and coming back to one's old place. (Not a plain Map: the head of one from
 * which much was taken is found by walking over all that is gone.)
 *
 * Owns: its members; those who came in order of arrival in an array, those who came back in a heap. A place whose holder is not
 * the member of that uid is vacant.
 */
export class Line<T extends Member> implements Iterable<T> {
  readonly #members = new Map<string, T>();
  #places: T[] = [];
  #head = 0;
  #returned = newHeap<T>();

  get size(): number {
    return this.#members.size;
  }

  get(uid: string): T | undefined {
    return this.#members.get(uid);
  }

  /** Joins at the place that its arrival gives it. One that is in line already must not join again. */
  join(member: T): void {
    this.#members.set(member.uid, member);
    const last = this.#places.at(-1);
    if (!last || last.sequence < member.sequence) this.#places.push(member);
    else this.#returned.push(member);
  }

  leave(uid: string): void {
    if (!this.#members.delete(uid)) return;
    const places = this.#places.length + this.#returned.size;
    if (places > 2 * this.#members.size + MAX_VACANT) this.#closeUp();
  }

  first(): T | undefined {
    while (this.#head < this.#places.length && this.#isVacant(this.#places[this.#head]!)) this.#head++;
    let returned = this.#returned.peek();
    while (returned && this.#isVacant(returned)) {
      this.#returned.pop();
      returned = this.#returned.peek();
    }
    const first = this.#places[this.#head];
    return first && returned ? (returned.sequence < first.sequence ? returned : first) : (first ?? returned);
  }

  /** In no particular order. */
  [Symbol.iterator](): Iterator<T> {
    return this.#members.values();
  }

  #isVacant(place: T): boolean {
    return this.#members.get(place.uid) !== place;
  }

  #closeUp(): void {
    this.#places = [...this.#members.values()].sort((a, b) => a.sequence - b.sequence);
    this.#head = 0;
    this.#returned = newHeap();
  }
}

const newHeap = <T extends Member>(): Heap<T> => new Heap((a, b) => a.sequence < b.sequence);
