import { type ReplicaSet, replicaSets } from '../../../api/apps/replica-set.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Decision, updateStatus, wake } from '../kit/decision.ts';
import { availableAtMs, isActive, isFinished, isReady, isTerminating } from '../pods/pod-state.ts';
import type { ReplicaKind, ReplicaOwner } from './replica-kind.ts';

type ReplicaSetStatus = NonNullable<ReplicaSet['status']>;

/** Writes the counts when they changed, and wakes up when a ready pod will have been ready for long enough. */
export function statusDecisions<S extends ReplicaOwner>(
  { resource }: ReplicaKind<S>,
  set: S,
  owned: readonly Pod[],
  nowMs: number,
): Decision[] {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const active = owned.filter(isActive);
  const availableAt = active.map((pod) => availableAtMs(pod, minReadySeconds)).filter((at) => at !== undefined);
  const templateLabels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const next: ReplicaSetStatus = {
    ...set.status,
    replicas: active.length,
    fullyLabeledReplicas: count(active, (pod) => templateLabels.every(([k, v]) => metaOf(pod).labels?.[k] === v)),
    readyReplicas: count(active, isReady),
    availableReplicas: availableAt.filter((atMs) => atMs <= nowMs).length,
    // The older kind has no field for it.
    ...(resource.kind === replicaSets.kind && { terminatingReplicas: terminating(owned) }),
    observedGeneration: metaOf(set).generation,
  };
  const later = availableAt.filter((atMs) => atMs > nowMs);
  const wakes = later.length > 0 ? [wake(Math.min(...later) - nowMs)] : [];
  if (sameJson(next, set.status)) return wakes;
  return [
    updateStatus(resource, set, (current) => {
      current.status = { ...current.status, ...next };
    }),
    ...wakes,
  ];
}

const terminating = (owned: readonly Pod[]): number =>
  owned.filter((pod) => isTerminating(pod) && !isFinished(pod)).length;

/** Zero counts are left out, as Kubernetes does. */
function count(pods: readonly Pod[], predicate: (pod: Pod) => boolean): number | undefined {
  return pods.filter(predicate).length || undefined;
}
