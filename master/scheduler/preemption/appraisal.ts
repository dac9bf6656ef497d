import type { BandPolicy } from '../../../api/stowage/scheduling-policy.ts';
import type { Budgets } from '../budgets.ts';
import type { Demand } from '../resources.ts';
import type { Resident, World } from '../world.ts';
import type { Cost, Priced } from './cost.ts';
import { type Candidates, type Lineup, startOf } from './lineup.ts';
import type { Rosters } from './rosters.ts';
import type { Trial } from './trial.ts';

const NONE: readonly number[] = [];
const NO_ONE = -1;
const NOBODY_GOES: Omit<Cost, 'band'> = { violations: 0, priority: Number.NEGATIVE_INFINITY, waste: 0, started: '' };

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

/** By their places in the lineups. */
interface Weighed {
  readonly lineup: Lineup;
  readonly out: readonly number[];
  readonly going: Lineup;
  readonly awaited: readonly number[];
  readonly isCovered: boolean;
}

/**
 * Finds the least that has to go from one slot (docs/SCHEDULING.md, "Preemption": who, and which of them).
 *
 * Owns: the bands of the policy that holds.
 */
export class Appraiser {
  readonly #world: World;
  readonly #rosters: Rosters;
  readonly #budgets: Budgets;
  /** From the most important to the least. */
  bands: readonly BandPolicy[] = [];

  constructor(world: World, rosters: Rosters, budgets: Budgets) {
    this.#world = world;
    this.#rosters = rosters;
    this.#budgets = budgets;
  }

  /** Nothing when the pod is not admitted even with all of them gone. */
  appraise(slot: number, claim: Claim, trial: Trial): Appraisal | undefined {
    const weighed = this.#weigh(slot, claim, trial);
    if (!weighed) return undefined;
    const { lineup, out, going, awaited, isCovered } = weighed;
    const cost = this.#costOf(slot, claim, lineup, out, isCovered);
    return { slot, victims: lineup.pick(out), awaited: going.pick(awaited), isCovered, cost };
  }

  /** What `appraise` would say it costs, without saying who. */
  price(slot: number, claim: Claim, trial: Trial): Pick<Appraisal, 'cost' | 'isCovered'> | undefined {
    const weighed = this.#weigh(slot, claim, trial);
    if (!weighed) return undefined;
    const { lineup, out, isCovered } = weighed;
    return { cost: this.#costOf(slot, claim, lineup, out, isCovered), isCovered };
  }

  #weigh(slot: number, claim: Claim, trial: Trial): Weighed | undefined {
    const { going } = this.#rosters.of(slot);
    let candidates = this.candidates(slot, claim);
    if (!trial.begin(slot, candidates, going)) {
      trial.end();
      return undefined;
    }
    const isCovered = this.#isCovered(candidates);
    if (isCovered) candidates = this.#breakingFirst(candidates);
    const out = thoseWhoStayOut(candidates, trial);
    const awaited = going.length === 0 ? NONE : thoseWhoStayOut({ lineup: going, start: 0 }, trial);
    trial.end();
    return { lineup: candidates.lineup, out, going, awaited, isCovered };
  }

  /** Who may have to go, the most important first. */
  candidates(slot: number, { bar, priority }: Claim): Candidates {
    const { staying, hasHeld } = this.#rosters.of(slot);
    if (!hasHeld) return { lineup: staying, start: staying.firstBelow(bar) };
    const some = staying.residents.filter((one) => one.priority < (one.held ? priority : bar));
    return { lineup: staying.as(some), start: 0 };
  }

  #costOf(slot: number, claim: Claim, lineup: Lineup, out: readonly number[], isCovered: boolean): Cost {
    const chief = isCovered ? chiefOf(lineup, out) : (out[0] ?? NO_ONE);
    if (chief === NO_ONE) return { ...NOBODY_GOES, band: this.bands.length };
    const priority = lineup.priority(chief);
    return {
      band: this.#rankOf(priority),
      violations: isCovered ? this.#breaking(lineup.pick(out)).size : 0,
      priority,
      waste: this.#wasteOf(slot, claim.demand, lineup, out),
      started: lineup.start(chief),
    };
  }

  #rankOf(priority: number): number {
    const { bands } = this;
    let rank = 0;
    while (rank < bands.length - 1 && priority < bands[rank]!.minPriority) rank++;
    return rank;
  }

  /** In the order in which they may stay: by band, and in each first those whose going would break a budget. */
  #breakingFirst({ lineup, start }: Candidates): Candidates {
    const candidates = lineup.residents.slice(start);
    const breaking = this.#breaking(candidates);
    const keyOf = (one: Resident) => 2 * this.#rankOf(one.priority) + (breaking.has(one) ? 0 : 1);
    return { lineup: lineup.as(candidates.sort((a, b) => keyOf(a) - keyOf(b))), start: 0 };
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

  #isCovered({ lineup: { residents }, start }: Candidates): boolean {
    if (this.#budgets.isEmpty) return false;
    for (let index = start; index < residents.length; index++) {
      const { held, footprint } = residents[index]!;
      if (!held && this.#budgets.covering(footprint).length > 0) return true;
    }
    return false;
  }

  #wasteOf(slot: number, demand: Demand, lineup: Lineup, out: readonly number[]): number {
    const { cell } = this.#world;
    const { going } = this.#rosters.of(slot);
    let waste = 0;
    for (let id = 0; id < cell.resources.size; id++) {
      let over = 0;
      for (const index of out) over += lineup.amount(index, id);
      const asked = demand.ids.indexOf(id);
      if (asked >= 0) over -= Math.max(0, demand.amounts[asked]! - cell.free(id, slot) - going.sum(0, id));
      const allocatable = over === 0 ? 0 : cell.allocatable(id, slot);
      if (allocatable > 0) waste += over / allocatable;
    }
    return waste;
  }
}

/** Which of the candidates stay out, in their order. */
function thoseWhoStayOut({ lineup, start }: Candidates, trial: Trial): readonly number[] {
  let out: number[] | undefined;
  for (let index = start; index < lineup.length; index++) {
    if (trial.returns(lineup, index)) continue;
    if (out) out.push(index);
    else out = [index];
  }
  return out ?? NONE;
}

/** The most important of some, where they do not stand in that order. */
function chiefOf({ residents }: Lineup, some: readonly number[]): number {
  return some.reduce(
    (chief, index) =>
      chief === NO_ONE || moreImportant(residents[index]!, residents[chief]!) === residents[index] ? index : chief,
    NO_ONE,
  );
}

function moreImportant(a: Resident, b: Resident): Resident {
  if (a.priority !== b.priority) return a.priority > b.priority ? a : b;
  const [startA, startB] = [startOf(a.pod), startOf(b.pod)];
  if (startA !== startB) return startA < startB ? a : b;
  return a.uid < b.uid ? a : b;
}
