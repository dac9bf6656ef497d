import { conditionOf } from '../../../api/core/conditions.ts';
import { type Pod, type PodCondition, pods } from '../../../api/core/pod.ts';
import { timestamp } from '../../../platform/clock.ts';
import type { CacheReader } from '../../store/cache.ts';
import { withCondition } from '../kit/conditions.ts';
import { type Decision, updateStatus } from '../kit/decision.ts';

/** Marks a Ready condition as taken back by us, and not by the agent. */
const NODE_NOT_READY = 'NodeNotReady';

/** Pods of a node that fell silent are no longer known to serve. */
export function markNotReady(view: CacheReader, nodeName: string, nowMs: number): Decision[] {
  return setReady(view, nodeName, nowMs, {
    applies: (ready) => ready?.status === 'True',
    next: {
      type: 'Ready',
      status: 'False',
      reason: NODE_NOT_READY,
      message: 'The node of this pod has fallen silent.',
    },
  });
}

/**
 * Gives back what was taken, for pods whose agent has not spoken of them since: it says only what changes, and to it nothing did.
 */
export function restoreReady(view: CacheReader, nodeName: string, nowMs: number): Decision[] {
  return setReady(view, nodeName, nowMs, {
    applies: (ready, pod) => ready?.reason === NODE_NOT_READY && ready.status === 'False' && allReady(pod),
    next: { type: 'Ready', status: 'True' },
  });
}

function setReady(
  view: CacheReader,
  nodeName: string,
  nowMs: number,
  { applies, next }: { applies: (ready: PodCondition | undefined, pod: Pod) => boolean; next: PodCondition },
): Decision[] {
  const matches = (pod: Pod) => applies(conditionOf(pod.status?.conditions, 'Ready'), pod);
  const change = (current: Pod) => {
    if (!matches(current)) return;
    const conditions = withCondition(current.status?.conditions, next, timestamp(nowMs));
    current.status = { ...current.status, conditions };
  };
  const found = (view.podsOn(nodeName) as Pod[]).filter(matches);
  return found.map((pod) => updateStatus(pods, pod, change));
}

const allReady = ({ status }: Pod): boolean =>
  status?.phase === 'Running' && (status.containerStatuses ?? []).every(({ ready }) => ready);
