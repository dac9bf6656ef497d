import type { BandPolicy } from '../../../api/stowage/scheduling-policy.ts';
import type { Budgets } from '../budgets.ts';
import type { Demand } from '../resources.ts';
import type { Resident, World } from '../world.ts';
import type { Cost, Priced } from './cost.ts';
import { type Rosters, startOf } from './rosters.ts';
import type { Trial } from './trial.ts';

/** On whose behalf somebody may have to go. */
export interface Claim {
  readonly priority: number;
  /** Pods below this priority may have to go; the lower edge of the band, or the pod's own priority where it preempts within. */
  readonly bar: number;
  readonly demand: Demand;
}

/** Who would have to go from a slot, at least. */
export interface Appraisal extends Priced {
  /** Who is pushed out: pods, and holders of places. The most important band first. */
  readonly victims: readonly Resident[];
  /** Who is on the way out anyhow and has to be waited for. */
  readonly awaited: readonly Resident[];
  /** Whether a budget covers any of those who may have to go: then the answer depends on what it allows. */
  readonly isCovered: boolean;
}

/**
 * Finds the least that has to go from one slot (docs/SCHEDULING.md, "Preemption": who, and which of them).
 *
 * Owns: nothing but scratch space.
 */
export class Appraiser {
  readonly #world: World;
  readonly #rosters: Rosters;
  readonly #budgets: Budgets;
  #freed = new Float64Array(0);
  /** From the most important to the least. */
  bands: readonly BandPolicy[] = [];

  constructor(world: World, rosters: Rosters, budgets: Budgets) {
    this.#world = world;
    this.#rosters = rosters;
    this.#budgets = budgets;
  }

  /** Nothing when the pod is not admitted even with all of them gone. */
  appraise(slot: number, claim: Claim, trial: Trial): Appraisal | undefined {
    const { going } = this.#rosters.of(slot);
    const candidates = this.candidates(slot, claim);
    const isAdmitted = trial.begin(slot, [candidates, going]);
    const isCovered = isAdmitted && candidates.some((resident) => this.#isCovered(resident));
    const ordered = isCovered ? this.#unbrokenLast(candidates) : candidates;
    const victims = isAdmitted ? ordered.filter((resident) => !trial.returns(resident)) : [];
    const awaited = isAdmitted ? going.filter((resident) => !trial.returns(resident)) : [];
    trial.end();
    if (!isAdmitted) return undefined;
    return { slot, victims, awaited, isCovered, cost: this.#costOf(slot, claim, victims, isCovered) };
  }

  /** Who may have to go, the most important first. */
  candidates(slot: number, { bar, priority }: Claim): Resident[] {
    const { staying } = this.#rosters.of(slot);
    return staying.filter((one) => one.priority < (one.held ? priority : bar) && !one.footprint.leaving);
  }

  #costOf(slot: number, { demand }: Claim, victims: readonly Resident[], isCovered: boolean): Cost {
    const [first] = victims;
    if (!first)
      return { band: this.bands.length, violations: 0, priority: Number.NEGATIVE_INFINITY, waste: 0, started: '' };
    const chief = isCovered ? victims.reduce(moreImportant) : first;
    return {
      band: this.#rankOf(chief.priority),
      violations: isCovered ? this.#breaking(victims).size : 0,
      priority: chief.priority,
      waste: this.#wasteOf(slot, demand, victims),
      started: startOf(chief.pod),
    };
  }

  #rankOf(priority: number): number {
    const { bands } = this;
    const rank = bands.findIndex(({ minPriority }) => priority >= minPriority);
    return rank < 0 ? bands.length - 1 : rank;
  }

  /** In the order in which they may stay: by band, and in each first those whose going would break a budget. */
  #unbrokenLast(candidates: readonly Resident[]): Resident[] {
    const breaking = this.#breaking(candidates);
    const keyOf = (one: Resident) => 2 * this.#rankOf(one.priority) + (breaking.has(one) ? 0 : 1);
    return [...candidates].sort((a, b) => keyOf(a) - keyOf(b));
  }

  /** Those who are too many for their budgets, if all of them go: the least important use up what is allowed. */
  #breaking(pods: readonly Resident[]): Set<Resident> {
    const spent = new Map<object, number>();
    const breaking = new Set<Resident>();
    for (const pod of [...pods].sort((a, b) => (moreImportant(a, b) === a ? 1 : -1))) {
      if (pod.held) continue;
      for (const budget of this.#budgets.covering(pod.footprint)) {
        const count = (spent.get(budget) ?? 0) + 1;
        spent.set(budget, count);
        if (count > budget.allowed) breaking.add(pod);
      }
    }
    return breaking;
  }

  #isCovered({ held, footprint }: Resident): boolean {
    return !held && this.#budgets.covering(footprint).length > 0;
  }

  #wasteOf(slot: number, { ids, amounts }: Demand, victims: readonly Resident[]): number {
    const { cell } = this.#world;
    const freed = this.#scratch(cell.resources.size);
    for (const { footprint } of victims) addTo(freed, footprint.demand);
    for (let i = 0; i < ids.length; i++) freed[ids[i]!]! -= Math.max(0, amounts[i]! - this.#freeAnyhow(ids[i]!, slot));
    let waste = 0;
    for (let id = 0; id < freed.length; id++) {
      const allocatable = freed[id] === 0 ? 0 : cell.allocatable(id, slot);
      if (allocatable > 0) waste += freed[id]! / allocatable;
    }
    return waste;
  }

  /** What is free of a resource when all those are gone who are on the way out. */
  #freeAnyhow(id: number, slot: number): number {
    let free = this.#world.cell.free(id, slot);
    for (const { footprint } of this.#rosters.of(slot).going) {
      const at = footprint.demand.ids.indexOf(id);
      if (at >= 0) free += footprint.demand.amounts[at]!;
    }
    return free;
  }

  #scratch(size: number): Float64Array {
    if (this.#freed.length < size) this.#freed = new Float64Array(size);
    return this.#freed.fill(0);
  }
}

function addTo(sums: Float64Array, { ids, amounts }: Demand): void {
  for (let i = 0; i < ids.length; i++) sums[ids[i]!]! += amounts[i]!;
}

function moreImportant(a: Resident, b: Resident): Resident {
  if (a.priority !== b.priority) return a.priority > b.priority ? a : b;
  const [startA, startB] = [startOf(a.pod), startOf(b.pod)];
  if (startA !== startB) return startA < startB ? a : b;
  return a.uid < b.uid ? a : b;
}
