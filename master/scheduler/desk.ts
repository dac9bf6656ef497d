import { Heap } from './heap.ts';
import { Line } from './line.ts';
import type { Entry, Prospect } from './queue.ts';

/** Entries that could not be placed when last tried. */
export interface ParkedGroup<E extends Entry> {
  /** Of the one who tried last. */
  prospect: Prospect;
  readonly line: Line<E>;
  /** There when something has happened since that may help. */
  hope: Hope<E> | undefined;
  /** There when it will have hope at that time. */
  delay: Delay<E> | undefined;
}

/** Lines up, or has hope, from that time on. */
export interface Delay<E extends Entry> {
  readonly untilMs: number;
  readonly who: E | ParkedGroup<E>;
}

/** That a group waits to be asked. */
export interface Hope<E extends Entry> {
  readonly group: ParkedGroup<E>;
  /** Of the first in its line, when it was entered here; a line's first only grows younger while it is hopeful. */
  readonly sequence: number;
}

/**
 * Where the entries of one namespace and priority are served, in order of arrival.
 *
 * Owns: those to be tried in any case, and which parked groups are to be asked whether they may be.
 */
export class Desk<E extends Entry> {
  readonly namespace: string;
  readonly priority: number;
  readonly line = new Line<E>();
  readonly #hopeful = new Heap<Hope<E>>((a, b) => a.sequence < b.sequence);

  constructor({ namespace, priority }: E) {
    this.namespace = namespace;
    this.priority = priority;
  }

  revive(group: ParkedGroup<E>): void {
    const head = group.line.first();
    if (head && !group.hope) this.#enter(group, head);
  }

  /** Who is to be tried next here. Asks only groups whose turn it would be. */
  first(): E | undefined {
    const active = this.line.first();
    for (let hope = this.#hopeful.peek(); hope; hope = this.#hopeful.peek()) {
      const { group, sequence } = hope;
      const head = group.hope === hope ? group.line.first() : undefined;
      if (head && active && active.sequence < sequence) return active;
      if (head?.sequence === sequence && group.prospect.isPossible()) return head;
      this.#hopeful.pop();
      if (group.hope !== hope) continue;
      group.hope = undefined;
      // Where some have left its line, it comes when those who are first by now do.
      if (head && head.sequence !== sequence) this.#enter(group, head);
    }
    return active;
  }

  #enter(group: ParkedGroup<E>, { sequence }: E): void {
    group.hope = { group, sequence };
    this.#hopeful.push(group.hope);
  }
}
