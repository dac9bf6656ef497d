import { type Deployment, type DeploymentStatus, deployments } from '../../../api/apps/deployment.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { withCondition, withoutCondition } from '../kit/conditions.ts';
import { type Decision, updateStatus, wake } from '../kit/decision.ts';
import { deadlineMs, type Milestone, progressing } from './progress.ts';
import { availableOf, type Rollout, replicasOf, sum } from './rollout.ts';

/** Writes counts and conditions when they changed, and wakes up when the deadline for progress passes. */
export function statusDecisions(rollout: Rollout, milestone: Milestone | undefined, nowMs: number): Decision[] {
  const { deployment } = rollout;
  const next = nextStatus(rollout, milestone, nowMs);
  const deadline = deadlineMs(deployment, next);
  const wakes = deadline !== undefined && deadline > nowMs ? [wake(deadline - nowMs)] : [];
  if (sameJson(next, deployment.status)) return wakes;
  const change = (current: Deployment) => {
    // Collisions are counted elsewhere and only ever grow.
    const collisionCount = current.status?.collisionCount;
    current.status = { ...next, collisionCount };
  };
  return [updateStatus(deployments, deployment, change), ...wakes];
}

/** The counts and conditions of the Deployment as its ReplicaSets stand now. */
export function nextStatus(rollout: Rollout, milestone: Milestone | undefined, nowMs: number): DeploymentStatus {
  const { deployment, all, current } = rollout;
  const available = sum(all, availableOf);
  const counts = {
    observedGeneration: metaOf(deployment).generation,
    replicas: sum(all, ({ status }) => status?.replicas ?? 0) || undefined,
    updatedReplicas: current?.status?.replicas || undefined,
    readyReplicas: sum(all, ({ status }) => status?.readyReplicas ?? 0) || undefined,
    availableReplicas: available || undefined,
    unavailableReplicas: Math.max(0, sum(all, replicasOf) - available) || undefined,
    terminatingReplicas: sum(all, ({ status }) => status?.terminatingReplicas ?? 0) || undefined,
    collisionCount: deployment.status?.collisionCount,
  };
  const nowText = timestamp(nowMs);
  const stamped = { lastUpdateTime: nowText };
  const conditions = withCondition(
    deployment.status?.conditions,
    { type: 'Available' as const, ...availability(rollout, available), ...stamped },
    nowText,
  );
  const progress = progressing(rollout, counts, milestone, nowMs);
  if (progress === undefined) return { ...counts, conditions: withoutCondition(conditions, 'Progressing') };
  return {
    ...counts,
    conditions: conditions.filter(({ type }) => type !== 'Progressing').concat(progress),
  };
}

function availability({ desired, maxUnavailable }: Rollout, available: number) {
  const minimum = desired - maxUnavailable;
  if (available >= minimum) {
    const message = `${available} of ${desired} replicas are available; at least ${minimum} are needed.`;
    return { status: 'True' as const, reason: 'MinimumReplicasAvailable', message };
  }
  const message = `Only ${available} of ${desired} replicas are available; at least ${minimum} are needed.`;
  return { status: 'False' as const, reason: 'MinimumReplicasUnavailable', message };
}
