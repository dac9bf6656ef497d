import type { PodSpec } from '../../api/core/pod-spec.ts';
import { bestFit } from './best-fit.ts';
import type { Cell } from './cell.ts';
import type { Constraint, NodeConstraint, UseConstraint } from './constraints/constraint.ts';
import { demandOfSpec } from './constraints/resource-fit.ts';
import type { Demand } from './resources.ts';
import { INFEASIBLE, Tournament } from './tournament.ts';

/** Pods with equal keys place alike: same constraints, same demand (Borg's equivalence classes, paper section 3.4). */
export function shapeKey(spec: PodSpec, constraints: readonly Constraint[]): string {
  return JSON.stringify(constraints.map((constraint) => constraint.bearing(spec) ?? null));
}

/**
 * What the scheduler knows about placing one class of pods: which nodes take them and which is best. Kept up to date from the
 * cell's order of change, so asking costs in proportion to what changed, not to the cell.
 *
 * Owns: a tournament over all slots, and the verdict on each node object by its version.
 */
export class Shape {
  readonly demand: Demand;
  readonly #cell: Cell;
  readonly #onNode: readonly NodeConstraint[];
  readonly #onUse: readonly UseConstraint[];
  readonly #score: (slot: number) => number;
  readonly #tournament = new Tournament();
  /** Per slot: version of the node judged, times two, plus one if it was admitted. */
  #verdicts = new Float64Array(0);
  #seen = 0;
  #refusals: { at: number; counts: ReadonlyMap<string, number> } | undefined;

  constructor(spec: PodSpec, cell: Cell, constraints: readonly Constraint[]) {
    this.#cell = cell;
    this.demand = demandOfSpec(spec, cell);
    const compiled = constraints.flatMap((constraint) => constraint.compile(spec, cell) ?? []);
    this.#onNode = compiled.filter((constraint) => constraint.scope === 'node');
    this.#onUse = compiled.filter((constraint) => constraint.scope === 'use');
    this.#score = bestFit(cell, this.demand);
  }

  /** The best slot for one more pod of this shape, or -1. */
  best(): number {
    this.#catchUp();
    return this.#tournament.best;
  }

  /** How many nodes refuse the shape, by reason. Costs a look at every node, once per state of the cell. */
  refusals(): ReadonlyMap<string, number> {
    if (this.#refusals?.at === this.#cell.now) return this.#refusals.counts;
    const counts = new Map<string, number>();
    for (let slot = 0; slot < this.#cell.slotCount; slot++) {
      for (const reason of this.#refusalsOf(slot)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    this.#refusals = { at: this.#cell.now, counts };
    return counts;
  }

  #refusalsOf(slot: number): string[] {
    const node = this.#cell.node(slot);
    if (!node) return [];
    const refusing = this.#onNode.find((constraint) => !constraint.admits(node));
    return refusing ? [refusing.refusal(node)] : this.#onUse.flatMap((constraint) => constraint.refusals(slot));
  }

  #catchUp(): void {
    const { now } = this.#cell;
    if (this.#seen === now) return;
    this.#cell.changedSince(this.#seen, (slot) => this.#judge(slot));
    this.#seen = now;
  }

  #judge(slot: number): void {
    const feasible = this.#admitsNode(slot) && this.#onUse.every((constraint) => constraint.admits(slot));
    this.#tournament.set(slot, feasible ? this.#score(slot) : INFEASIBLE);
  }

  #admitsNode(slot: number): boolean {
    const version = this.#cell.versionAt(slot);
    if (slot >= this.#verdicts.length) {
      const verdicts = new Float64Array(Math.max(64, 2 * (slot + 1)));
      verdicts.set(this.#verdicts);
      this.#verdicts = verdicts;
    }
    const known = this.#verdicts[slot]!;
    if (Math.floor(known / 2) === version && version > 0) return known % 2 === 1;
    const node = this.#cell.node(slot);
    const admitted = !!node && this.#onNode.every((constraint) => constraint.admits(node));
    this.#verdicts[slot] = version * 2 + (admitted ? 1 : 0);
    return admitted;
  }
}
