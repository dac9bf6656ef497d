import type { CacheReader } from '../../store/cache.ts';
import type { Decision } from '../kit/decision.ts';
import { isFinished } from '../pods/pod-state.ts';
import { podsOf } from '../replica-set/active-pods.ts';
import { createCurrent } from './new-replica-set.ts';
import { type Rollout, replicasOf, resize } from './rollout.ts';

/**
 * One step of a Recreate update (Kubernetes docs, "Deployments", Recreate Deployment): no pod of the new template is made before
 * the last of the old ones has ended.
 */
export function recreate(view: CacheReader, rollout: Rollout): Decision[] {
  const { old, current, desired } = rollout;
  const shrinking = old.filter((set) => replicasOf(set) > 0).flatMap((set) => resize(rollout, set, 0));
  if (shrinking.length > 0) return shrinking;
  if (old.some((set) => podsOf(view, set).some((pod) => !isFinished(pod)))) return [];
  return current ? resize(rollout, current, desired) : createCurrent(view, rollout, desired);
}
