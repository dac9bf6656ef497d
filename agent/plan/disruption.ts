import type { PodCondition, PodStatus } from '../pod-types.ts';
import type { PodEnding } from './state.ts';

/** An important pod takes its place. */
export const PREEMPTED: PodEnding = {
  reason: 'Preempted',
  message: 'Preempted in order to admit a critical pod',
};

const CONDITION = { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' } as const;

/** What people and controllers are told of a pod that the agent takes from its work (Kubernetes, "Disruptions", "Pod disruption conditions"). */
export function disruptionOf(
  ending: PodEnding | undefined,
): Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'> | undefined {
  const disrupts = ending?.reason === 'Evicted' || ending?.reason === PREEMPTED.reason;
  return disrupts ? { ...CONDITION, message: ending.message } : undefined;
}

/**
 * The ending that an agent had begun and told, for one that comes after it: the phase says nothing of it before the last container has
 * ended. The grace it gave is not known any more: the pod's own holds.
 */
export function endingTold(status: PodStatus | undefined): PodEnding | undefined {
  const told = status?.conditions?.find(
    ({ type, status: holds, reason }) =>
      type === CONDITION.type && holds === CONDITION.status && reason === CONDITION.reason,
  );
  if (!told) return undefined;
  return told.message === PREEMPTED.message ? PREEMPTED : { reason: 'Evicted', message: told.message ?? '' };
}
