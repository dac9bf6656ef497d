import type { Change } from './cache.ts';
import type { Revision } from './store.ts';

/** The newest changes of one resource, oldest first, at most `capacity`. */
export class ChangeRing {
  readonly #capacity: number;
  #changes: Change[] = [];
  /** Where the oldest change is, once the ring is full. */
  #start = 0;
  /** Every change after this revision is here. */
  #floor: Revision;

  constructor(capacity: number, floor: Revision) {
    this.#capacity = capacity;
    this.#floor = floor;
  }

  /** Forgets everything; changes after `floor` are still to come. */
  reset(floor: Revision): void {
    this.#changes = [];
    this.#start = 0;
    this.#floor = floor;
  }

  /** Revisions never go back. */
  push(change: Change): void {
    if (this.#changes.length < this.#capacity) {
      this.#changes.push(change);
      return;
    }
    this.#floor = this.#at(0).revision;
    this.#changes[this.#start] = change;
    this.#start = (this.#start + 1) % this.#capacity;
  }

  /** Whether every change after `revision` is here. */
  reaches(revision: Revision): boolean {
    return revision >= this.#floor;
  }

  /** Changes after `revision`; undefined when some of them may have been dropped. */
  since(revision: Revision): Change[] | undefined {
    if (!this.reaches(revision)) return undefined;
    const changes: Change[] = [];
    for (let i = this.#firstAfter(revision); i < this.#changes.length; i += 1) changes.push(this.#at(i));
    return changes;
  }

  #firstAfter(revision: Revision): number {
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #at(i: number): Change {
    return this.#changes[(this.#start + i) % this.#changes.length]!;
  }
}
