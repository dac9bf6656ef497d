/**
 * What an eviction costs; less is better. Compared member by member, in the order in which they stand here
 * (docs/SCHEDULING.md, "Preemption": which node).
 */
export interface Cost {
  /** Rank of the victims' most important band, 0 for the most important of all; past the last one when nobody has to go. */
  readonly band: number;
  /** Victims beyond what their disruption budgets allow. */
  readonly violations: number;
  /** The highest priority among the victims; this and what follows says nothing when nobody has to go. */
  readonly priority: number;
  /** What is freed and not needed, in shares of the node's allocatable, summed over resources. */
  readonly waste: number;
  /** When the most important victim started, as in `Resident`. */
  readonly started: string;
  /** Of equals the lowest. */
  readonly slot: number;
}

/** Of two different slots one is always the better. */
export function isBetter(a: Cost, b: Cost): boolean {
  if (a.band !== b.band) return a.band > b.band;
  if (a.violations !== b.violations) return a.violations < b.violations;
  if (a.priority !== b.priority) return a.priority < b.priority;
  if (a.waste !== b.waste) return a.waste < b.waste;
  if (a.started !== b.started) return a.started > b.started;
  return a.slot < b.slot;
}
