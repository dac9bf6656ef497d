import type { Deployment, DeploymentCondition, DeploymentStatus } from '../../../api/apps/deployment.ts';
import { conditionOf } from '../../../api/core/conditions.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import { parseTimeMs } from '../pods/pod-state.ts';
import type { Rollout } from './rollout.ts';

/** Something that happened in this pass and counts as progress by itself. */
export type Milestone = 'created' | 'found';

type Counts = Pick<
  DeploymentStatus,
  'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas' | 'observedGeneration'
>;
type Finding = Pick<DeploymentCondition, 'status' | 'reason' | 'message'>;

/** The value that stands for "no deadline". */
const NO_DEADLINE = 2 ** 31 - 1;

const DONE = 'NewReplicaSetAvailable';
const TIMED_OUT = 'ProgressDeadlineExceeded';
const PAUSED = 'DeploymentPaused';

/**
 * The Progressing condition (Kubernetes docs, "Deployments", Deployment status): under way, complete, paused, or stuck for longer
 * than `progressDeadlineSeconds`. `undefined` where the Deployment has no deadline. `lastUpdateTime` is when progress was last
 * made, from which the deadline counts.
 */
export function progressing(
  rollout: Rollout,
  counts: Counts,
  milestone: Milestone | undefined,
  nowMs: number,
): DeploymentCondition | undefined {
  const { deployment } = rollout;
  if (!hasDeadline(deployment)) return undefined;
  const present = conditionOf(deployment.status?.conditions, 'Progressing');
  const finding = find(rollout, counts, present, milestone, nowMs);
  if (!finding) return present;
  // A repeated finding changes nothing, except that further progress moves the deadline.
  const again = present?.status === finding.status && present?.reason === finding.reason;
  if (again && !madeProgress(counts, deployment.status)) return present;
  const nowText = timestamp(nowMs);
  const lastTransitionTime = present?.status === finding.status ? present.lastTransitionTime : nowText;
  return { type: 'Progressing', ...finding, lastUpdateTime: nowText, lastTransitionTime };
}

function find(
  { deployment, current, desired }: Rollout,
  counts: Counts,
  present: DeploymentCondition | undefined,
  milestone: Milestone | undefined,
  nowMs: number,
): Finding | undefined {
  if (deployment.spec?.paused) {
    if (present?.reason === TIMED_OUT) return undefined;
    return { status: 'Unknown', reason: PAUSED, message: 'The deployment is paused.' };
  }
  if (milestone === 'created') {
    return { status: 'True', reason: 'NewReplicaSetCreated', message: 'A replica set was made for the new template.' };
  }
  const name = current ? metaOf(current).name : undefined;
  if (current && isComplete(counts, desired)) {
    return { status: 'True', reason: DONE, message: `Replica set "${name}" has all replicas available.` };
  }
  // A rollout that was complete stays so when pods fail later: only a new template makes another one.
  if (current && present?.reason === DONE && (counts.replicas ?? 0) === (counts.updatedReplicas ?? 0)) return undefined;
  if (current && madeProgress(counts, deployment.status)) {
    return { status: 'True', reason: 'ReplicaSetUpdated', message: `Replica set "${name}" is progressing.` };
  }
  if (present?.reason === PAUSED) {
    return { status: 'Unknown', reason: 'DeploymentResumed', message: 'The deployment was resumed.' };
  }
  if (!present && milestone === 'found') {
    return { status: 'True', reason: 'FoundNewReplicaSet', message: `Replica set "${name}" has the template already.` };
  }
  return overdue(deployment, present, nowMs);
}

function overdue(deployment: Deployment, present: DeploymentCondition | undefined, nowMs: number): Finding | undefined {
  if (!present || present.reason === DONE || present.reason === TIMED_OUT) return undefined;
  const seconds = deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE;
  if (nowMs < parseTimeMs(present.lastUpdateTime) + seconds * 1000) return undefined;
  const message = `No progress was made for ${seconds} seconds.`;
  return { status: 'False', reason: TIMED_OUT, message };
}

export function isComplete(counts: Counts, desired: number): boolean {
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = counts;
  return updatedReplicas === desired && replicas === desired && availableReplicas === desired;
}

function madeProgress(now: Counts, before: Counts | undefined): boolean {
  const oldPods = (counts: Counts | undefined) => (counts?.replicas ?? 0) - (counts?.updatedReplicas ?? 0);
  const more = (field: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') =>
    (now[field] ?? 0) > (before?.[field] ?? 0);
  return (
    more('updatedReplicas') || more('readyReplicas') || more('availableReplicas') || oldPods(now) < oldPods(before)
  );
}

/** When a rollout under way will have been without progress for too long; `undefined` when none is, or it is too late already. */
export function deadlineMs(deployment: Deployment, status: DeploymentStatus): number | undefined {
  const present = conditionOf(status.conditions, 'Progressing');
  const idle = !present || present.reason === DONE || present.reason === TIMED_OUT || present.reason === PAUSED;
  if (idle || !hasDeadline(deployment)) return undefined;
  return parseTimeMs(present.lastUpdateTime) + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000;
}

function hasDeadline({ spec }: Deployment): boolean {
  return spec?.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}
