import { conditionOf } from '../../../api/core/conditions.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';

/** Questions about one pod (Kubernetes docs, "Pod Lifecycle"). */

/** Its containers have ended for good. */
export const isFinished = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

export const isTerminating = (pod: Pod): boolean => metaOf(pod).deletionTimestamp !== undefined;

/** Counts towards what its owner wants: neither ended nor on its way out. */
export const isActive = (pod: Pod): boolean => !isFinished(pod) && !isTerminating(pod);

export const isReady = ({ status }: Pod): boolean => conditionOf(status?.conditions, 'Ready')?.status === 'True';

/** Since when the pod has been ready, or `undefined` when it is not. */
export function readySinceMs({ status }: Pod): number | undefined {
  const ready = conditionOf(status?.conditions, 'Ready');
  return ready?.status === 'True' ? parseTimeMs(ready.lastTransitionTime) : undefined;
}

/**
 * When the pod becomes (or became) available: ready for `minReadySeconds` without a break. `undefined`: not while it is not ready.
 */
export function availableAtMs(pod: Pod, minReadySeconds: number): number | undefined {
  const sinceMs = readySinceMs(pod);
  return sinceMs === undefined ? undefined : sinceMs + minReadySeconds * 1000;
}

/** Restarts of all its containers together. */
export function restartsOf({ status }: Pod): number {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0);
}

/** When the last of its containers ended, as near as the pod's status tells. */
export function finishedAtMs(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) => parseTimeMs(state?.terminated?.finishedAt));
  const latest = Math.max(0, ...ends);
  if (latest > 0) return latest;
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  return parseTimeMs(ready?.lastTransitionTime ?? metaOf(pod).deletionTimestamp ?? metaOf(pod).creationTimestamp);
}

/** Milliseconds of an RFC 3339 time; 0 for an absent or unreadable one. */
export function parseTimeMs(text: string | undefined): number {
  const parsed = text === undefined ? 0 : Date.parse(text);
  return Number.isNaN(parsed) ? 0 : parsed;
}
