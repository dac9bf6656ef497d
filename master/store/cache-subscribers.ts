import type { ApiObject } from '../../api/meta/object.ts';
import type { Change, Interest } from './cache.ts';

/** One who asked to be told. `active` turns false when he no longer does, even in the midst of a delivery. */
export interface Subscriber {
  readonly handler: (change: Change) => void;
  active: boolean;
}

type Read = Interest['read'];
type List = readonly Subscriber[];

const NOBODY: List = [];

/**
 * Owns who is to be told of the changes of one resource: those of everything, and, by what they read and the value they wait for,
 * those of a part. Whom a change concerns is found by reading its object once for each way of reading, however many wait.
 * Invariant: lists are never changed in place, so a delivery keeps those it began with; no list is empty.
 */
export class Subscribers {
  #all: List = NOBODY;
  #narrow: ReadonlyMap<Read, Map<string, List>> = new Map();

  /** Whether nobody would be told of anything. */
  get none(): boolean {
    return this.#all.length === 0 && this.#narrow.size === 0;
  }

  /** Returns what ends it. */
  add(handler: Subscriber['handler'], interest?: Interest): () => void {
    const subscriber: Subscriber = { handler, active: true };
    this.#edit(interest, (list) => [...list, subscriber]);
    return () => {
      if (!subscriber.active) return;
      subscriber.active = false;
      this.#edit(interest, (list) => list.filter((each) => each !== subscriber));
    };
  }

  /** Forgets all. */
  clear(): void {
    this.#all = NOBODY;
    this.#narrow = new Map();
  }

  /** Those whom a change may concern, by what the object was before it or is after it. */
  of({ object, previous }: Change): List {
    let told = this.#all;
    for (const [read, byValue] of this.#narrow) {
      const after = readBy(read, object);
      const before = previous ? readBy(read, previous) : after;
      told = joined(told, byValue.get(after));
      if (before !== after) told = joined(told, byValue.get(before));
    }
    return told;
  }

  #edit(interest: Interest | undefined, edit: (list: List) => List): void {
    if (!interest) {
      this.#all = edit(this.#all);
      return;
    }
    const { read, value } = interest;
    const byValue = this.#narrow.get(read) ?? new Map<string, List>();
    const list = edit(byValue.get(value) ?? NOBODY);
    if (list.length > 0) byValue.set(value, list);
    else byValue.delete(value);
    const others = [...this.#narrow].filter(([each]) => each !== read);
    this.#narrow = new Map(byValue.size > 0 ? [...others, [read, byValue]] : others);
  }
}

const joined = (some: List, more: List | undefined): List =>
  more ? (some.length > 0 ? [...some, ...more] : more) : some;

/** What cannot be read has no value: it must not keep the others from being told. */
function readBy(read: Read, object: ApiObject): string {
  try {
    return read(object);
  } catch {
    return '';
  }
}
