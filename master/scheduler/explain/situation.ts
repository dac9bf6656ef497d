import type { PodFacts } from '../constraints/constraint.ts';
import type { World } from '../world.ts';
import { countedOf, distanceOf, type Need, Needs } from './needs.ts';
import { asItIs, ask } from './trial.ts';

/** Slots that need the same for the pod. */
export interface Group {
  readonly needs: readonly Need[];
  /** Sum of the needs' weights. */
  readonly weight: number;
  readonly slots: number[];
}

/** How a pod stands with every node that it may go to. */
export interface Situation {
  /** Nodes that refuse the pod, by reason, in Kubernetes' words. */
  readonly counts: ReadonlyMap<string, number>;
  /** Nodes that take it. */
  readonly open: readonly number[];
  /** The nodes that do not. */
  readonly groups: readonly Group[];
  readonly nearest: { readonly slot: number; readonly needs: readonly Need[] } | undefined;
  /** Whether what happens on one node bears on others. */
  readonly isSociable: boolean;
}

/** Looks at each of the slots once. */
export function situationOf(facts: PodFacts, slots: readonly number[], world: World): Situation {
  return ask(asItIs(facts), world, (shape) => {
    const reader = new Needs(world, facts);
    const counts = new Map<string, number>();
    const groups = new Map<string, Group>();
    const open: number[] = [];
    let nearest: (NonNullable<Situation['nearest']> & { distance: number }) | undefined;
    for (const slot of slots) {
      const refusals = shape.everyRefusalOf(slot);
      for (const reason of countedOf(refusals)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
      const needs = reader.of(slot, refusals);
      if (needs.length === 0) {
        open.push(slot);
        continue;
      }
      enter(groups, needs, slot);
      const distance = distanceOf(needs, slot, facts, world);
      if (!nearest || distance < nearest.distance) nearest = { slot, needs, distance };
    }
    return { counts, open, groups: [...groups.values()], nearest, isSociable: shape.isSociable };
  });
}

function enter(groups: Map<string, Group>, needs: readonly Need[], slot: number): void {
  const key =
    needs.length === 1
      ? needs[0]!.key
      : needs
          .map((need) => need.key)
          .sort()
          .join('\n');
  const known = groups.get(key);
  if (known) known.slots.push(slot);
  else groups.set(key, { needs, weight: needs.reduce((sum, { weight }) => sum + weight, 0), slots: [slot] });
}
