import type { ReplicaSet } from '../../../api/apps/replica-set.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Decision } from '../kit/decision.ts';
import { availableOf, DESIRED_REPLICAS, MAX_REPLICAS, type Rollout, replicasOf, resize, sum } from './rollout.ts';

/** Whether the Deployment's size has changed since its ReplicaSets were last given theirs. */
export function isScaling({ all, desired }: Rollout): boolean {
  return all.some((set) => {
    const remembered = metaOf(set).annotations?.[DESIRED_REPLICAS];
    return replicasOf(set) > 0 && remembered !== undefined && Number(remembered) !== desired;
  });
}

/**
 * Gives a change of size to the ReplicaSets that have pods. In the middle of a rollout (or of a paused one) each gets its share,
 * so that the risk stays spread as it was (Kubernetes docs, "Deployments", proportional scaling).
 */
export function scale(rollout: Rollout): Decision[] {
  const { all, old, current, desired, maxSurge } = rollout;
  const active = all.filter((set) => replicasOf(set) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? current ?? old.at(-1);
    return only ? resize(rollout, only, desired) : [];
  }
  if (current && isSaturated(current, desired)) {
    return old.filter((set) => replicasOf(set) > 0).flatMap((set) => resize(rollout, set, 0));
  }
  const allowed = desired > 0 ? desired + maxSurge : 0;
  return shareOut(rollout, active, allowed - sum(active, replicasOf));
}

const isSaturated = (set: ReplicaSet, desired: number): boolean =>
  replicasOf(set) === desired &&
  availableOf(set) === desired &&
  Number(metaOf(set).annotations?.[DESIRED_REPLICAS]) === desired;

function shareOut(rollout: Rollout, active: readonly ReplicaSet[], change: number): Decision[] {
  const order = [...active].sort((a, b) => replicasOf(b) - replicasOf(a));
  let left = change;
  const sizes = order.map((set) => {
    const share = clamp(proportion(rollout, set) - replicasOf(set), left);
    left -= share;
    return replicasOf(set) + share;
  });
  // What rounding left over goes to the largest.
  sizes[0] = Math.max(0, sizes[0]! + left);
  return order.flatMap((set, index) => resize(rollout, set, sizes[index]!));
}

/** The size that keeps the ReplicaSet's part of the whole. */
function proportion({ deployment, desired, maxSurge }: Rollout, set: ReplicaSet): number {
  if (desired === 0) return 0;
  const remembered = Number(metaOf(set).annotations?.[MAX_REPLICAS]);
  const before = remembered > 0 ? remembered : (deployment.status?.replicas ?? 0);
  return before > 0 ? Math.round((replicasOf(set) * (desired + maxSurge)) / before) : replicasOf(set);
}

/** `value`, but of the sign of `bound` and no further from zero. */
const clamp = (value: number, bound: number): number =>
  bound >= 0 ? Math.min(Math.max(0, value), bound) : Math.max(Math.min(0, value), bound);
