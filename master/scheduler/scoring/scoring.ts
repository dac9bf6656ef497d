import type { Cell } from '../cell.ts';
import type { Demand } from '../resources.ts';
import { balanced } from './balanced.ts';
import { pack } from './pack.ts';
import { spread } from './spread.ts';

/** Points 0..100 for placing one more pod with this demand in the slot: a pure function of the slot's own columns. */
export type Fit = (slot: number) => number;

/**
 * How good a feasible node's resources are for a pod (docs/SCHEDULING.md, "Scoring policies", has the formulas). A policy is
 * compiled once for a demand; the fit is then asked of every slot that changes, so it allocates nothing and reads nothing else.
 */
export interface ScoringPolicy {
  readonly name: 'pack' | 'spread' | 'balanced';
  compile(cell: Cell, demand: Demand): Fit;
}

/** By the name that a cell's scheduling policy gives them. */
export const scoringPolicies: Record<'Pack' | 'Spread' | 'Balanced', ScoringPolicy> = {
  Pack: pack,
  Spread: spread,
  Balanced: balanced,
};
