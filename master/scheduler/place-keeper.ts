import type { Pod } from '../../api/core/pod.ts';
import type { Decision } from './decision.ts';
import type { GangKeeper } from './gang-keeper.ts';
import { type Place, placeTogether, residentOf, type Together } from './gang-placement.ts';
import type { Hope } from './hope.ts';
import { bestSlot, type Pending } from './pending.ts';
import type { PendingPods } from './pending-pods.ts';
import type { Pods } from './pods.ts';
import type { Eviction } from './preemption.ts';
import type { HeldPlace, Reservation } from './reservations.ts';
import type { Resident } from './resident.ts';
import type { SchedulerState } from './scheduler-state.ts';

/** Beyond the longest grace of those who leave, what their node gets to say that they have gone. */
const EVICTION_MARGIN_MS = 30_000;
const DEFAULT_GRACE_SECONDS = 30;

interface Victim {
  readonly slot: number;
  readonly victim: Resident;
}

/**
 * Holds places for those who wait for others to leave, hands the places over once they are free, or gives them up.
 *
 * Owns: who is told to go, and what comes of every reservation. Invariant: a reservation is for pods that are still pending and in
 * no line.
 */
export class PlaceKeeper {
  readonly #state: SchedulerState;
  readonly #pending: PendingPods;
  readonly #pods: Pods;
  readonly #hope: Hope;
  readonly #gangs: GangKeeper;

  constructor(state: SchedulerState, pending: PendingPods, pods: Pods, hope: Hope, gangs: GangKeeper) {
    this.#state = state;
    this.#pending = pending;
    this.#pods = pods;
    this.#hope = hope;
    this.#gangs = gangs;
  }

  /** Holds the places until those who have to leave are gone. */
  reserve(entry: Pending, places: readonly Place[], evictions: readonly Eviction[], decisions: Decision[]): void {
    const { queue, reservations, nowMs } = this.#state;
    const victims = evictions.flatMap(({ slot, victims: all }) => all.map((victim) => ({ slot, victim })));
    const leaving = victims.filter(({ victim }) => !victim.held);
    this.#evict(leaving, places[0]!.pending.pod, decisions);
    // Only now: those whom the others have pushed out are not told to go a second time.
    for (const { victim } of victims) {
      const others = victim.held ? reservations.of(victim.uid) : undefined;
      if (others) this.#giveUp(others, decisions);
    }
    const held = places.map((place) => this.#hold(place, decisions));
    const graceMs = 1000 * leaving.reduce((most, { victim }) => Math.max(most, graceSecondsOf(victim.pod)), 0);
    const untilMs = nowMs + graceMs + EVICTION_MARGIN_MS;
    queue.remove(entry.uid);
    reservations.add({ entry, places: held, victims: new Set(leaving.map(({ victim }) => victim.uid)), untilMs });
  }

  /** Hands over the places that are free by now. */
  fulfil(decisions: Decision[]): void {
    for (const reservation of this.#state.reservations.takeReady()) this.#take(reservation, decisions);
  }

  /** Those who were told to go in time and are still there are no more waited for; the others may be told again. */
  giveUpOverdue(decisions: Decision[]): void {
    const { reservations, placements, preemption, nowMs } = this.#state;
    for (const reservation of reservations.overdue(nowMs)) {
      for (const uid of reservation.victims) {
        const resident = placements.get(uid)?.resident;
        if (resident?.footprint.leaving) preemption.giveUpOn(resident);
      }
      this.#giveUp(reservation, decisions);
    }
  }

  /** Nodes have more room: a pod whose place is held need not wait for it where another has become free. */
  reconsider(): void {
    const { world, reservations } = this.#state;
    for (const reservation of reservations.ofPods())
      if (bestSlot(reservation.places[0]!.pending, world) >= 0) this.#pending.cancel(reservation);
  }

  #evict(leaving: readonly Victim[], preemptor: Pod, decisions: Decision[]): void {
    const { world, reservations } = this.#state;
    for (const { slot, victim } of leaving) {
      if (reservations.isVictim(victim.uid) || victim.footprint.leaving) continue;
      decisions.push({ type: 'evict', pod: victim.pod, preemptor, nodeName: world.cell.nameAt(slot) });
    }
  }

  #hold({ pending, slot }: Place, decisions: Decision[]): HeldPlace {
    const { world, queue, gangs } = this.#state;
    const nodeName = world.cell.nameAt(slot);
    queue.remove(pending.uid);
    gangs.move(pending.uid, 'held');
    const resident = residentOf(pending, true);
    world.place(nodeName, resident);
    decisions.push({ type: 'nominate', pod: pending.pod, nodeName });
    return { pending, slot, resident };
  }

  /** All of the places, or none. */
  #take(reservation: Reservation, decisions: Decision[]): void {
    const found = this.#free(reservation);
    if (!found.placed) return;
    const { entry } = reservation;
    if (entry.kind === 'gang') this.#gangs.bind(entry.gang, found.places, decisions);
    else for (const { pending, slot } of found.places) this.#pods.bind(pending, slot, decisions);
  }

  /** Whoever was to have the places is back in line, but no place other than those is looked for. */
  #free(reservation: Reservation): Together {
    const { world, reservations } = this.#state;
    reservations.release(reservation);
    const pinned = reservation.places.map(({ pending, slot }) => {
      const current = this.#pending.current(pending);
      this.#pending.lineUp(current);
      const name = world.cell.nameAt(slot);
      return { ...current, pins: current.pins?.filter((pin) => pin === name) ?? [name] };
    });
    const questions = { current: asIs, evict: () => undefined, refusal: () => '' };
    return this.#hope.unnoticed(() => placeTogether(pinned, pinned.length, world, questions));
  }

  /** Those who should have left have not, or somebody more important takes the place. */
  #giveUp(reservation: Reservation, decisions: Decision[]): void {
    const { queue, backOff, nowMs } = this.#state;
    for (const { pending } of reservation.places)
      decisions.push({ type: 'nominate', pod: pending.pod, nodeName: undefined });
    this.#pending.cancel(reservation);
    this.#gangs.review();
    const entry = queue.get(reservation.entry.uid);
    if (entry) backOff.delay(entry, nowMs);
  }
}

const asIs = <T>(given: T): T => given;

const graceSecondsOf = ({ spec, metadata }: Pod): number =>
  metadata?.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
