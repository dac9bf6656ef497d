import { conditionOf } from '../../api/core/conditions.ts';
import type { Pod, PodStatus } from '../../api/core/pod.ts';
import { mergeConditions } from './conditions.ts';

/** Set by the scheduler; an agent's copy may be older. */
const SCHEDULED = 'PodScheduled';

/** Set by the agent, and over once it says nothing of them any more ("Resize CPU and Memory Resources assigned to Containers"). */
const PASSING = ['PodResizePending', 'PodResizeInProgress'];

/**
 * A pod's status after its agent's report. What other parts of the master set (scheduling, quality of service, conditions the
 * agent does not name) stays. Answers `undefined` when the report must be ignored: a pod that has succeeded or failed never
 * comes back ("Pod lifecycle" in Kubernetes' documentation).
 */
export function mergePodStatus(
  current: PodStatus | undefined,
  reported: PodStatus,
  nowMs: number,
): PodStatus | undefined {
  if (isTerminal(current?.phase) && reported.phase !== current?.phase) return undefined;
  const scheduled = conditionOf(current?.conditions, SCHEDULED);
  const ours = reported.conditions?.filter((condition) => !(scheduled && condition.type === SCHEDULED));
  return {
    ...reported,
    phase: reported.phase ?? current?.phase,
    qosClass: current?.qosClass ?? reported.qosClass,
    startTime: current?.startTime ?? reported.startTime,
    nominatedNodeName: current?.nominatedNodeName,
    conditions: mergeConditions(current?.conditions, ours, nowMs).filter(
      ({ type }) => !PASSING.includes(type) || conditionOf(ours, type),
    ),
  };
}

/** Why a node's agent may not speak for a pod, or `undefined` when it may. */
export function refusal(pod: Pod | undefined, uid: string, nodeName: string): string | undefined {
  if (!pod) return 'there is no such pod';
  if (pod.metadata?.uid !== uid) return 'another pod has its name now';
  if (pod.spec?.nodeName !== nodeName) return `it is assigned to ${pod.spec?.nodeName ?? 'no node'}`;
  return undefined;
}

function isTerminal(phase: PodStatus['phase']): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
