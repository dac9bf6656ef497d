import { Recency } from '../recency.ts';
import type { Resident } from '../resident.ts';
import type { World } from '../world.ts';
import { byDeparture, byImportance } from './importance.ts';

/** Who is in a slot. */
export interface Roster {
  /** The most important first: by priority, then who started first. Held places are among them. */
  readonly staying: readonly Resident[];
  /** Whether there are any. */
  readonly hasHeld: boolean;
  /** Who is on the way out and waited for; who will be gone last comes first. */
  readonly going: readonly Resident[];
}

/** Who has been told to go. */
export interface Evictions {
  /** Whether it has been decided that the pod with this uid goes. May change only together with its slot. */
  isVictim(uid: string): boolean;
}

/** How much of what happens in slots a reader knows of. */
export interface Sighting {
  readonly cell: number;
  readonly times: number;
}

export const NOTHING_SEEN: Sighting = { cell: 0, times: 0 };

const NOBODY: readonly Resident[] = [];

/**
 * The residents of each slot in the order in which preemption looks at them, which does not depend on whom it is for.
 *
 * Owns: the rosters made since their slots last changed, which slots were told of times, and whom it has no sense to wait for.
 */
export class Rosters {
  readonly #world: World;
  readonly #evictions: Evictions;
  readonly #rosters: (Roster | undefined)[] = [];
  readonly #times = new Recency();
  readonly #stuck = new WeakSet<Resident>();
  #seen = NOTHING_SEEN;

  constructor(world: World, evictions: Evictions) {
    this.#world = world;
    this.#evictions = evictions;
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
    const { cell } = this.#world;
    if (this.#seen.cell === cell.now && this.#seen.times === this.#times.now) return;
    this.changedSince(this.#seen, (slot) => {
      this.#rosters[slot] = undefined;
    });
    this.#seen = this.now;
  }

  #compose(slot: number): Roster {
    const staying: Resident[] = [];
    const going: Resident[] = [];
    let hasHeld = false;
    for (const resident of this.#world.residents(slot)) {
      const { held, footprint, uid } = resident;
      // Of no use to anybody: told to go already, and not waited for.
      if (footprint.leaving && this.#stuck.has(resident)) continue;
      if (footprint.leaving || (!held && this.#evictions.isVictim(uid))) going.push(resident);
      else staying.push(resident);
      if (held) hasHeld = true;
    }
    order(staying, byImportance);
    order(going, byDeparture);
    return { staying, hasHeld, going: going.length > 0 ? going : NOBODY };
  }
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
