import { Recency } from '../recency.ts';
import type { Resident, World } from '../world.ts';
import { Lineup, NOT_YET, startOf } from './lineup.ts';

/** Who is in a slot. */
export interface Roster {
  /** The most important first: by priority, then who started first. Held places are among them. */
  readonly staying: Lineup;
  /** Whether there are any. */
  readonly hasHeld: boolean;
  /** Who is on the way out and waited for; who will be gone last comes first. */
  readonly going: Lineup;
}

const NOBODY = new Lineup([], 0);
/**
 * The residents of each slot in the order in which preemption looks at them, which does not depend on whom it is for.
 *
 * Owns: the rosters made since their slots last changed, which slots were told of times, and whom it has no sense to wait for.
 */
export class Rosters {
  readonly #world: World;
  readonly #isEvicted: (uid: string) => boolean;
  readonly #rosters: (Roster | undefined)[] = [];
  readonly #times = new Recency();
  readonly #stuck = new WeakSet<Resident>();
  #seen = 0;
  #timesSeen = 0;

  /** `isEvicted`: whether it has been decided that the pod goes. May change only with its slot. */
  constructor(world: World, isEvicted: (uid: string) => boolean) {
    this.#world = world;
    this.#isEvicted = isEvicted;
  }

  /** Where a reader of {@link changedSince} stands who has seen everything. */
  get now(): Sighting {
    return { cell: this.#world.cell.now, times: this.#times.now };
  }

  /** Calls `visit` with every slot whose roster may be another, or whose node is, since then. */
  changedSince({ cell, times }: Sighting, visit: (slot: number) => void): void {
    this.#world.cell.changedSince(cell, visit);
    this.#times.visitSince(times, visit);
  }

  /** When a pod in the slot started, or will be gone, is told otherwise than before. */
  retimed(slot: number): void {
    this.#times.touch(slot);
  }

  /** It was waited for in vain; from now on it counts as staying until it is gone. Its slot must change before the next question. */
  giveUpOn(resident: Resident): void {
    this.#stuck.add(resident);
  }

  of(slot: number): Roster {
    this.#forgetChanged();
    let roster = this.#rosters[slot];
    if (!roster) {
      roster = this.#compose(slot);
      this.#rosters[slot] = roster;
    }
    return roster;
  }

  #forgetChanged(): void {
    const { cell, times } = this.now;
    if (this.#seen === cell && this.#timesSeen === times) return;
    this.changedSince({ cell: this.#seen, times: this.#timesSeen }, (slot) => {
      this.#rosters[slot] = undefined;
    });
    this.#seen = cell;
    this.#timesSeen = times;
  }

  #compose(slot: number): Roster {
    const staying: Resident[] = [];
    const going: Resident[] = [];
    for (const resident of this.#world.residents(slot)) {
      if (resident.footprint.leaving) {
        // Of no use to anybody: told to go already, and not waited for.
        if (!this.#stuck.has(resident)) going.push(resident);
      } else if (!resident.held && this.#isEvicted(resident.uid)) going.push(resident);
      else staying.push(resident);
    }
    order(staying, byImportance);
    if (going.length > 1) order(going, byDeparture);
    const { size } = this.#world.cell.resources;
    return {
      staying: new Lineup(staying, size),
      hasHeld: staying.some(({ held }) => held),
      going: going.length > 0 ? new Lineup(going, size) : NOBODY,
    };
  }
}

export interface Sighting {
  readonly cell: number;
  readonly times: number;
}

/** Above this many, a library's sort is faster than putting each in its place. */
const FEW = 24;

/** Sorts a few in place. A first search orders the residents of every slot, and most slots have a handful. */
function order(residents: Resident[], compare: (a: Resident, b: Resident) => number): void {
  if (residents.length > FEW) {
    residents.sort(compare);
    return;
  }
  for (let next = 1; next < residents.length; next++) {
    const one = residents[next]!;
    let at = next;
    for (; at > 0 && compare(residents[at - 1]!, one) > 0; at--) residents[at] = residents[at - 1]!;
    residents[at] = one;
  }
}

function byImportance(a: Resident, b: Resident): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  const [startA, startB] = [startOf(a.pod), startOf(b.pod)];
  if (startA !== startB) return startA < startB ? -1 : 1;
  return a.uid < b.uid ? -1 : 1;
}

/** The time of deletion is when the grace ends. */
function byDeparture(a: Resident, b: Resident): number {
  const [endA, endB] = [a.pod.metadata?.deletionTimestamp ?? NOT_YET, b.pod.metadata?.deletionTimestamp ?? NOT_YET];
  if (endA !== endB) return endA > endB ? -1 : 1;
  return a.uid < b.uid ? -1 : 1;
}
