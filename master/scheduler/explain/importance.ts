import type { BandPolicy } from '../../../api/stowage/scheduling-policy.ts';
import type { Remedy } from '../explanation.ts';
import type { PendingPod } from '../pending.ts';
import type { Eviction } from '../preemption.ts';
import type { World } from '../world.ts';

export interface Importance {
  /** From the most important to the least. */
  readonly bands: readonly BandPolicy[];
  /** Who would have to go for the pod, were it as important as it says. */
  readonly find: (pending: PendingPod) => Eviction | undefined;
}

/** The bands whose pods could make room for themselves where this one cannot: the nearest one is told of, and whom it would cost. */
export function morePriority(pending: PendingPod, { bands, find }: Importance, world: World): Remedy[] {
  if (pending.pod.spec?.preemptionPolicy === 'Never') return withoutNever(pending, find, bands, world);
  const better = bands.filter(({ minPriority }) => minPriority > pending.priority).reverse();
  for (const { name, minPriority } of better) {
    if (name === 'monitoring') continue;
    const eviction = find({ ...pending, priority: minPriority });
    if (eviction) {
      return [{ text: `would preempt ${costOf(eviction, bands, world)} if it were in the ${name} band`, nodes: 1 }];
    }
  }
  return [];
}

function withoutNever(
  pending: PendingPod,
  find: Importance['find'],
  bands: readonly BandPolicy[],
  world: World,
): Remedy[] {
  const spec = { ...pending.pod.spec!, preemptionPolicy: 'PreemptLowerPriority' as const };
  const eviction = find({ ...pending, pod: { ...pending.pod, spec } });
  if (!eviction) return [];
  return [{ text: `would preempt ${costOf(eviction, bands, world)}, but its preemptionPolicy is Never`, nodes: 1 }];
}

/** `2 batch pods on node-7`. */
function costOf({ slot, victims }: Eviction, bands: readonly BandPolicy[], { cell }: World): string {
  const counts = new Map<string, number>();
  for (const { priority } of victims) {
    const band = bands.find(({ minPriority }) => priority >= minPriority)?.name ?? 'free';
    counts.set(band, (counts.get(band) ?? 0) + 1);
  }
  const pods = [...counts].map(([band, count]) => `${count} ${band} pod${count === 1 ? '' : 's'}`).join(' and ');
  return `${pods} on ${cell.nameAt(slot)}`;
}
