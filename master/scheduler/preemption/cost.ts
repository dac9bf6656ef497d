/**
 * What an eviction costs; less is better. Compared member by member, in the order in which they stand here
 * (docs/SCHEDULING.md, "Preemption": which node).
 */
export interface Cost {
  /** Rank of the victims' most important band, 0 for the most important of all; past the last one when nobody has to go. */
  readonly band: number;
  /** Victims beyond what their disruption budgets allow. */
  readonly violations: number;
  /** The highest priority among the victims. */
  readonly priority: number;
  /** What is freed and not needed, in shares of the node's allocatable, summed over resources. */
  readonly waste: number;
  /** When the most important victim started, as in `startOf`. */
  readonly started: string;
}

/** Negative when the first is better. */
function compareCosts(a: Cost, b: Cost): number {
  if (a.band !== b.band) return b.band - a.band;
  if (a.violations !== b.violations) return a.violations - b.violations;
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.waste !== b.waste) return a.waste - b.waste;
  if (a.started === b.started) return 0;
  return a.started > b.started ? -1 : 1;
}

/** The cost of a slot. */
export interface Priced {
  readonly slot: number;
  readonly cost: Cost;
}

/** Whether the first is the better slot; of equals it is the lower one. */
export function isBetter(a: Priced, b: Priced): boolean {
  const order = compareCosts(a.cost, b.cost);
  return order < 0 || (order === 0 && a.slot < b.slot);
}
