import type { Constraint, PodFacts } from '../constraints/constraint.ts';
import { constraints as all } from '../constraints/constraints.ts';
import { crashAvoidance } from '../constraints/crash-avoidance.ts';
import { images } from '../constraints/images.ts';
import { packages } from '../constraints/packages.ts';
import { podPreferences } from '../constraints/pod-preferences.ts';
import { Shape } from '../shape.ts';
import type { World } from '../world.ts';

/** A pod as it is or might be, and what is asked of nodes on its account. */
export interface Supposed {
  readonly facts: PodFacts;
  readonly constraints: readonly Constraint[];
  /** Whether the pod names its nodes; then `facts` is what it asks of them besides (node-affinity.ts, `withoutPin`). */
  readonly isPinned: boolean;
}

/** Which node is better has no bearing on whether any takes the pod. */
const PREFERRING: readonly Constraint[] = [podPreferences, images, packages, crashAvoidance];
const REFUSING = all.filter((constraint) => !PREFERRING.includes(constraint));

export const asItIs = (facts: PodFacts, isPinned = false): Supposed => ({ facts, constraints: REFUSING, isPinned });

/** Asks about the pod on the model as it stands at this moment, whatever is known already of its kind. */
export function ask<T>({ facts, constraints }: Supposed, world: World, question: (shape: Shape) => T): T {
  const shape = new Shape(facts, world, constraints);
  try {
    // Where no domain bears on the pod, nodes are asked for themselves and nothing has to be counted first.
    if (shape.isSociable) shape.prepare();
    return question(shape);
  } finally {
    shape.release();
  }
}

/** The slots, of some, that take the pod. */
export function takers(supposed: Supposed, among: readonly number[], world: World): number[] {
  return ask(supposed, world, (shape) => among.filter((slot) => shape.admitsNode(slot) && shape.admitsNow(slot)));
}
