import type { Pod } from '../../api/core/pod.ts';
import { Line } from './line.ts';
import type { Shape } from './shape.ts';

/** Pods of one shape and one priority: if the first cannot be placed, none can. */
export interface Group {
  readonly key: string;
  readonly shape: Shape;
  readonly priority: number;
}

export interface PendingPod {
  readonly uid: string;
  readonly pod: Pod;
  readonly group: Group;
  /** Order of arrival. */
  readonly sequence: number;
}

interface ParkedGroup {
  readonly group: Group;
  readonly line: Line<PendingPod>;
  /** False once the group is known not to fit the cell as it stands. */
  hopeful: boolean;
}

/**
 * Which pod is next: highest priority first, then first come, first served. Pods that fit nowhere are parked by group, so that
 * a change of the cell costs one question per group and not one per pod.
 *
 * Owns: every pending pod, in exactly one line. Invariant: a parked group that is not hopeful had no feasible node when last asked.
 */
export class SchedulingQueue {
  readonly #active = new Map<number, Line<PendingPod>>();
  #priorities: number[] = [];
  readonly #parked = new Map<string, ParkedGroup>();
  readonly #lines = new Map<string, Line<PendingPod>>();

  get size(): number {
    return this.#lines.size;
  }

  get(uid: string): PendingPod | undefined {
    return this.#lines.get(uid)?.get(uid);
  }

  add(pending: PendingPod): void {
    this.remove(pending.uid);
    const { priority } = pending.group;
    let line = this.#active.get(priority);
    if (!line) {
      line = new Line();
      this.#active.set(priority, line);
      this.#priorities = [...this.#active.keys()].sort((a, b) => b - a);
    }
    this.#enter(line, pending);
  }

  remove(uid: string): void {
    this.#lines.get(uid)?.leave(uid);
    this.#lines.delete(uid);
  }

  /** Sets a pod aside, with the others of its group, until {@link hope}. */
  park(pending: PendingPod): void {
    this.remove(pending.uid);
    let parked = this.#parked.get(pending.group.key);
    if (!parked) {
      parked = { group: pending.group, line: new Line(), hopeful: false };
      this.#parked.set(pending.group.key, parked);
    }
    parked.hopeful = false;
    this.#enter(parked.line, pending);
  }

  /** The cell has changed: every parked group may be tried again. Forgets groups that have emptied. */
  hope(): void {
    for (const [key, parked] of this.#parked) {
      if (parked.line.size === 0) this.#parked.delete(key);
      else parked.hopeful = true;
    }
  }

  /** The pod to try next, which stays in line until it is removed or parked. */
  next(): PendingPod | undefined {
    let best = this.#firstActive();
    for (const parked of this.#parked.values()) {
      if (!parked.hopeful) continue;
      if (parked.group.shape.best() < 0) {
        parked.hopeful = false;
        continue;
      }
      const head = parked.line.first();
      if (head && (!best || before(head, best))) best = head;
    }
    return best;
  }

  parkedGroups(): Iterable<{ group: Group; pods: Iterable<PendingPod> }> {
    return [...this.#parked.values()]
      .filter(({ line }) => line.size > 0)
      .map(({ group, line }) => ({ group, pods: line }));
  }

  #firstActive(): PendingPod | undefined {
    for (const priority of this.#priorities) {
      const first = this.#active.get(priority)?.first();
      if (first) return first;
    }
    return undefined;
  }

  #enter(line: Line<PendingPod>, pending: PendingPod): void {
    line.join(pending);
    this.#lines.set(pending.uid, line);
  }
}

function before(a: PendingPod, b: PendingPod): boolean {
  return a.group.priority !== b.group.priority ? a.group.priority > b.group.priority : a.sequence < b.sequence;
}
