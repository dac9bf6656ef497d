import type { BandPolicy } from '../../../api/stowage/scheduling-policy.ts';
import type { Budgets } from '../budgets.ts';
import type { Resident } from '../resident.ts';
import type { Demand } from '../resources.ts';
import type { World } from '../world.ts';
import type { Cost } from './cost.ts';
import { byImportance } from './importance.ts';
import type { Roster, Rosters } from './rosters.ts';
import { addTo, type Trial } from './trial.ts';

const NO_ONE: readonly Resident[] = [];

/** On whose behalf somebody may have to go. */
export interface Claim {
  readonly priority: number;
  /** Pods below this priority may have to go; the lower edge of the band, or the pod's own priority where it preempts within. */
  readonly bar: number;
  readonly demand: Demand;
}

/** Who would have to go from a slot, at least. */
export interface Appraisal {
  readonly cost: Cost;
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
 * Owns: the bands of the policy that holds, and numbers that it counts in.
 */
export class Appraiser {
  readonly #world: World;
  readonly #rosters: Rosters;
  readonly #budgets: Budgets;
  /** From the most important to the least. */
  bands: readonly BandPolicy[] = [];
  #freed = new Float64Array(0);

  constructor(world: World, rosters: Rosters, budgets: Budgets) {
    this.#world = world;
    this.#rosters = rosters;
    this.#budgets = budgets;
  }

  /** Nothing when the pod is not admitted even with all of them gone. */
  appraise(slot: number, claim: Claim, trial: Trial): Appraisal | undefined {
    const roster = this.#rosters.of(slot);
    const { going } = roster;
    let candidates = candidatesOf(roster, claim);
    if (!trial.begin(slot, candidates, going)) {
      trial.end();
      return undefined;
    }
    const isCovered = this.#isCovered(candidates);
    if (isCovered) candidates = this.#breakingFirst(candidates);
    const victims = thoseWhoStayOut(candidates, trial);
    const awaited = thoseWhoStayOut(going, trial);
    trial.end();
    return { cost: this.#costOf(slot, claim, victims, going, isCovered), victims, awaited, isCovered };
  }

  #costOf(
    slot: number,
    { demand }: Claim,
    victims: readonly Resident[],
    going: readonly Resident[],
    isCovered: boolean,
  ): Cost {
    const chief = isCovered ? chiefOf(victims) : victims[0];
    if (!chief)
      return {
        band: this.bands.length,
        violations: 0,
        priority: 0,
        waste: 0,
        started: '',
        slot,
      };
    return {
      band: this.#rankOf(chief.priority),
      violations: isCovered ? this.#breaking(victims).size : 0,
      priority: chief.priority,
      waste: this.#wasteOf(slot, demand, victims, going),
      started: chief.started,
      slot,
    };
  }

  #rankOf(priority: number): number {
    const { bands } = this;
    let rank = 0;
    while (rank < bands.length - 1 && priority < bands[rank]!.minPriority) rank++;
    return rank;
  }

  /** In the order in which they may stay: by band, and in each first those whose going would break a budget. */
  #breakingFirst(candidates: readonly Resident[]): readonly Resident[] {
    const breaking = this.#breaking(candidates);
    const keyOf = (one: Resident) => 2 * this.#rankOf(one.priority) + (breaking.has(one) ? 0 : 1);
    return candidates.toSorted((a, b) => keyOf(a) - keyOf(b));
  }

  /** Those who are too many for their budgets, if all of them go: the least important use up what is allowed. */
  #breaking(pods: readonly Resident[]): Set<Resident> {
    const spent = new Map<object, number>();
    const breaking = new Set<Resident>();
    for (const pod of pods.toSorted((a, b) => byImportance(b, a))) {
      if (pod.held) continue;
      for (const budget of this.#budgets.covering(pod.footprint)) {
        const count = (spent.get(budget) ?? 0) + 1;
        spent.set(budget, count);
        if (count > budget.allowed) breaking.add(pod);
      }
    }
    return breaking;
  }

  #isCovered(candidates: readonly Resident[]): boolean {
    if (this.#budgets.isEmpty) return false;
    for (const { held, footprint } of candidates)
      if (!held && this.#budgets.covering(footprint).length > 0) return true;
    return false;
  }

  #wasteOf(slot: number, demand: Demand, victims: readonly Resident[], going: readonly Resident[]): number {
    const { cell } = this.#world;
    if (this.#freed.length < cell.resources.size) this.#freed = new Float64Array(cell.resources.size);
    const freed = this.#freed.fill(0);
    for (const victim of victims) addTo(freed, victim);
    for (let i = 0; i < demand.ids.length; i++) {
      const id = demand.ids[i]!;
      freed[id]! -= Math.max(0, demand.amounts[i]! - cell.free(id, slot) - takenUp(going, id));
    }
    let waste = 0;
    for (let id = 0; id < freed.length; id++) {
      const allocatable = freed[id] === 0 ? 0 : cell.allocatable(id, slot);
      if (allocatable > 0) waste += freed[id]! / allocatable;
    }
    return waste;
  }
}

/** Who may have to go, the most important first. */
export function candidatesOf({ staying, hasHeld }: Roster, { bar, priority }: Claim): readonly Resident[] {
  if (hasHeld) return staying.filter((one) => one.priority < (one.held ? priority : bar));
  let start = staying.length;
  while (start > 0 && staying[start - 1]!.priority < bar) start--;
  return start === 0 ? staying : staying.slice(start);
}

/** Which of them stay out, in their order. */
function thoseWhoStayOut(residents: readonly Resident[], trial: Trial): readonly Resident[] {
  if (residents.length === 0) return NO_ONE;
  const out: Resident[] = [];
  for (const resident of residents) if (!trial.returns(resident)) out.push(resident);
  return out;
}

/** The most important of some, where they do not stand in that order. */
const chiefOf = (some: readonly Resident[]): Resident | undefined => some.toSorted(byImportance)[0];

/** What they take up of a resource. */
function takenUp(residents: readonly Resident[], resource: number): number {
  let sum = 0;
  for (const { footprint } of residents) {
    const at = footprint.demand.ids.indexOf(resource);
    if (at >= 0) sum += footprint.demand.amounts[at]!;
  }
  return sum;
}
