import type { Pending, PendingPod } from './pending.ts';
import type { Resident } from './resident.ts';
import type { World } from './world.ts';

export interface HeldPlace {
  readonly pending: PendingPod;
  readonly slot: number;
  readonly resident: Resident;
}

/** Places held for a pod, or for all pods of a gang, until those who are evicted for them have gone. */
export interface Reservation {
  readonly entry: Pending;
  readonly places: readonly HeldPlace[];
  /** Uids of those who are still there. */
  readonly victims: Set<string>;
  /** When it is given up. */
  readonly untilMs: number;
}

const NONE: readonly Reservation[] = [];

/**
 * The places that are held.
 *
 * Owns: the reservations, by the pods they are for and by the pods that have to go.
 */
export class Reservations {
  readonly #world: World;
  readonly #byHolder = new Map<string, Reservation>();
  readonly #byVictim = new Map<string, Set<Reservation>>();
  readonly #ready = new Set<Reservation>();

  constructor(world: World) {
    this.#world = world;
  }

  get size(): number {
    return this.#byHolder.size;
  }

  /** When the first one is given up. */
  get nextDeadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { untilMs } of this.#byHolder.values()) next = Math.min(next, untilMs);
    return next;
  }

  /** Of the pod the place is held for. */
  of(uid: string): Reservation | undefined {
    return this.#byHolder.get(uid);
  }

  /** Those for single pods. */
  ofPods(): Reservation[] {
    return [...this.#byHolder.values()].filter(({ entry }) => entry.kind === 'pod');
  }

  isVictim(uid: string): boolean {
    return this.#byVictim.size > 0 && this.#byVictim.has(uid);
  }

  add(reservation: Reservation): void {
    for (const { pending } of reservation.places) this.#byHolder.set(pending.uid, reservation);
    for (const victim of reservation.victims)
      this.#byVictim.set(victim, (this.#byVictim.get(victim) ?? new Set()).add(reservation));
    if (reservation.victims.size === 0) this.#ready.add(reservation);
  }

  victimGone(uid: string): void {
    for (const reservation of this.#byVictim.get(uid) ?? []) {
      reservation.victims.delete(uid);
      if (reservation.victims.size === 0) this.#ready.add(reservation);
    }
    this.#byVictim.delete(uid);
  }

  /** Gives the places back. */
  release(reservation: Reservation): void {
    this.#ready.delete(reservation);
    for (const victim of reservation.victims) this.#spare(victim, reservation);
    for (const { pending, slot, resident } of reservation.places) {
      this.#byHolder.delete(pending.uid);
      this.#world.remove(slot, resident);
    }
  }

  /** Those whose places are free now. */
  takeReady(): readonly Reservation[] {
    if (this.#ready.size === 0) return NONE;
    const ready = [...this.#ready];
    this.#ready.clear();
    return ready;
  }

  overdue(nowMs: number): readonly Reservation[] {
    if (this.#byHolder.size === 0) return NONE;
    return [...new Set(this.#byHolder.values())].filter(({ untilMs }) => untilMs <= nowMs);
  }

  #spare(victim: string, reservation: Reservation): void {
    const waiting = this.#byVictim.get(victim);
    waiting?.delete(reservation);
    if (waiting?.size === 0) this.#byVictim.delete(victim);
  }
}
