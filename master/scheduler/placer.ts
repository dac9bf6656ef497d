import type { Decision } from './decision.ts';
import { type Gang, missingMembers, restMs } from './gang.ts';
import type { GangKeeper } from './gang-keeper.ts';
import { placeTogether, type Together } from './gang-placement.ts';
import type { Hope } from './hope.ts';
import { bestSlot, type Pending, type PendingGang, type PendingPod, prospectOf, prospectOfGang } from './pending.ts';
import type { PendingPods } from './pending-pods.ts';
import type { PlaceKeeper } from './place-keeper.ts';
import type { Pods } from './pods.ts';
import type { Prospect } from './queue.ts';
import type { SchedulerState } from './scheduler-state.ts';
import type { Teller } from './teller.ts';

/**
 * Tries whoever's turn it is: there is a free place, or somebody has to leave for it, or it is parked until something changes that
 * may help.
 *
 * Owns: nothing but the order in which these are tried.
 */
export class Placer {
  readonly #state: SchedulerState;
  readonly #pending: PendingPods;
  readonly #pods: Pods;
  readonly #hope: Hope;
  readonly #teller: Teller;
  readonly #gangs: GangKeeper;
  readonly #places: PlaceKeeper;

  constructor(
    state: SchedulerState,
    pending: PendingPods,
    pods: Pods,
    hope: Hope,
    teller: Teller,
    gangs: GangKeeper,
    places: PlaceKeeper,
  ) {
    this.#state = state;
    this.#pending = pending;
    this.#pods = pods;
    this.#hope = hope;
    this.#teller = teller;
    this.#gangs = gangs;
    this.#places = places;
  }

  /** The entry is first in line. */
  try(entry: Pending, decisions: Decision[]): void {
    this.#state.queue.served(entry);
    if (entry.kind === 'pod') this.#tryPod(this.#pending.current(entry), decisions);
    else this.#tryGang(entry, decisions);
  }

  #tryPod(pending: PendingPod, decisions: Decision[]): void {
    const { world, queue, preemption, explanations } = this.#state;
    const slot = bestSlot(pending, world);
    if (slot >= 0) {
      this.#pods.bind(pending, slot, decisions);
      return;
    }
    const eviction = preemption.find(pending);
    if (eviction) this.#places.reserve(pending, [{ pending, slot: eviction.slot }], [eviction], decisions);
    else {
      queue.park(pending, this.#prospectOf(pending));
      explanations.owe(pending);
    }
  }

  #prospectOf(pending: PendingPod): Prospect {
    const { world, shapes, preemption } = this.#state;
    const { template, shapeKey, pod } = pending;
    const prospect = prospectOf(pending, world, () => shapes.keyOf(template) !== shapeKey);
    return {
      ...prospect,
      key: `${pod.spec?.preemptionPolicy ?? ''} ${prospect.key}`,
      // Too little room to go in may be enough together with what others would have to give up.
      isPossible: () => prospect.isPossible() || preemption.mayFind(pending),
    };
  }

  #tryGang(entry: PendingGang, decisions: Decision[]): void {
    const { gang } = entry;
    const missing = missingMembers(gang);
    const found = this.#placesFor(gang, missing);
    if (!found.placed) this.#parkGang(entry, missing, found);
    else if (found.evictions.length === 0) this.#gangs.bind(gang, found.places, decisions);
    else {
      this.#places.reserve(entry, found.places, found.evictions, decisions);
      this.#gangs.owe(gang, `places for ${found.places.length} pods are held until those in the way have gone`, 0);
    }
  }

  #placesFor({ waiting }: Gang, missing: number): Together {
    const { world, preemption } = this.#state;
    // The most important first, so that no member can push out another.
    const members = [...waiting.values()].sort((a, b) => b.priority - a.priority || a.sequence - b.sequence);
    return this.#hope.unnoticed(() =>
      placeTogether(members, missing, world, {
        current: (pending) => this.#pending.current(pending),
        evict: (pending) => preemption.find(pending),
        refusal: (pending) => this.#teller.refusal(pending),
      }),
    );
  }

  #parkGang(
    entry: PendingGang,
    missing: number,
    { stuck, why, found, asked }: Extract<Together, { placed: false }>,
  ): void {
    const { queue, nowMs } = this.#state;
    const { gang } = entry;
    gang.notBeforeMs = nowMs + restMs(asked, gang.attempts++);
    const members = [...gang.waiting.values()];
    queue.park(entry, prospectOfGang(entry, members, missing, this.#prospectOf(stuck), gang.notBeforeMs));
    const message = `gang ${gang.reference.name}: room for ${found} of ${missing} pods at once; the next: ${why}`;
    this.#gangs.owe(gang, message, 0);
  }
}
