import type { ReplicaSet } from '../../../api/apps/replica-set.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { Decision } from '../kit/decision.ts';
import { activePodsOf } from '../replica-set/active-pods.ts';
import { createCurrent } from './new-replica-set.ts';
import { availableOf, type Rollout, replicasOf, resize, sum } from './rollout.ts';

/**
 * One step of a rolling update (Kubernetes docs, "Deployments", Rolling Update Deployment): first the current ReplicaSet grows
 * as far as the surge allows; when it cannot, the old ones shrink as far as availability allows.
 *
 * Invariants, whatever order pods become ready or vanish in: ReplicaSets never ask for more than `desired + maxSurge` pods, those
 * not yet removed included; and no step takes away an available pod when only `desired - maxUnavailable` are left.
 */
export function rollingUpdate(view: CacheReader, rollout: Rollout): Decision[] {
  const { current } = rollout;
  const size = sizeOfCurrent(view, rollout);
  if (!current) return createCurrent(view, rollout, size);
  const growth = resize(rollout, current, size);
  return growth.length > 0 ? growth : shrinkOld(rollout);
}

function sizeOfCurrent(view: CacheReader, { all, current, desired, maxSurge }: Rollout): number {
  const size = replicasOf(current);
  if (size >= desired) return desired;
  const room = desired + maxSurge - sum(all, (set) => occupied(view, set));
  return Math.min(desired, size + Math.max(0, room));
}

/** Pods a ReplicaSet has or will have made: what it asks for, or what it still holds on its way down. */
const occupied = (view: CacheReader, set: ReplicaSet): number =>
  Math.max(replicasOf(set), activePodsOf(view, set).length);

const isObserved = ({ metadata, status }: ReplicaSet): boolean =>
  (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);

function shrinkOld(rollout: Rollout): Decision[] {
  const { old, all, current, desired, maxUnavailable } = rollout;
  if (sum(old, replicasOf) === 0) return [];
  // A size given a moment ago is not in the counts yet: one that shrank and grows again would seem to have what it has lost.
  if (!all.every(isObserved)) return [];
  const minAvailable = desired - maxUnavailable;
  // Pods of the new template that are not available yet could all fail: what stays must do without them.
  const unproven = replicasOf(current) - availableOf(current);
  const most = sum(all, replicasOf) - minAvailable - unproven;
  if (most <= 0) return [];
  const sizes = new Map(old.map((set) => [set, replicasOf(set)]));
  // Old pods that do not serve go first, since nobody misses them; then those that do, while enough others serve.
  const cleaned = take(old, sizes, most, (set) => replicasOf(set) - availableOf(set));
  const spare = Math.min(sum(all, availableOf) - minAvailable, most - cleaned);
  take(old, sizes, spare, (set) => sizes.get(set) ?? 0);
  return old.flatMap((set) => (sizes.get(set) === replicasOf(set) ? [] : resize(rollout, set, sizes.get(set)!)));
}

/** Takes up to `most` from the sets in order, no more from each than `from` says. Returns how many were taken. */
function take(
  sets: readonly ReplicaSet[],
  sizes: Map<ReplicaSet, number>,
  most: number,
  from: (set: ReplicaSet) => number,
): number {
  let left = Math.max(0, most);
  for (const set of sets) {
    const taken = Math.min(left, from(set));
    sizes.set(set, (sizes.get(set) ?? 0) - taken);
    left -= taken;
  }
  return Math.max(0, most) - left;
}
