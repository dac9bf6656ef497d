import { conditionOf } from '../../../api/core/conditions.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../../api/policy/pod-disruption-budget.ts';
import { timestamp } from '../../../platform/clock.ts';
import { isReady, isTerminating, parseTimeMs } from '../pods/pod-state.ts';
import type { Expectation } from './expected-pods.ts';

/** How long a granted eviction holds its place while the pod is not being deleted. As in Kubernetes. */
export const DISRUPTION_TIMEOUT_MS = 120_000;

const CONDITION = 'DisruptionAllowed';

export interface Assessment {
  readonly status: PodDisruptionBudgetStatus;
  /** Pods whose eviction was granted and that were not deleted in time. */
  readonly spared: readonly string[];
  /** When to look again though nothing changes. */
  readonly nextMs: number | undefined;
}

/** What a budget allows, from its pods as they are ("Specifying a Disruption Budget for your Application"). Pure. */
export function assess(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  expectation: Expectation,
  nowMs: number,
): Assessment {
  const { granted, spared, nextMs } = openGrants(budget.status?.disruptedPods, pods, nowMs);
  const generation = metaOf(budget).generation;
  if (!expectation.known) {
    const status = { ...budget.status, disruptionsAllowed: 0 };
    return { status: withVerdict(status, 'SyncFailed', expectation.why, nowMs), spared: [], nextMs: undefined };
  }
  const currentHealthy = pods.filter(
    (pod) => isReady(pod) && !isTerminating(pod) && granted[metaOf(pod).name ?? ''] === undefined,
  ).length;
  const { expected, desired } = expectation;
  const disruptionsAllowed = expected > 0 ? Math.max(0, currentHealthy - desired) : 0;
  const status: PodDisruptionBudgetStatus = {
    ...budget.status,
    currentHealthy,
    desiredHealthy: desired,
    disruptedPods: Object.keys(granted).length > 0 ? granted : undefined,
    disruptionsAllowed,
    expectedPods: expected,
    observedGeneration: generation,
  };
  const reason = disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods';
  return { status: withVerdict(status, reason, '', nowMs), spared, nextMs };
}

/**
 * Grants that still count: of pods that are there, are not being deleted yet (those are not healthy anyway), and were granted not
 * long ago.
 */
function openGrants(grants: Readonly<Record<string, string>> | undefined, pods: readonly Pod[], nowMs: number) {
  const granted: Record<string, string> = {};
  const spared: string[] = [];
  let nextMs: number | undefined;
  if (!grants) return { granted, spared, nextMs };
  for (const pod of pods) {
    const { name = '' } = metaOf(pod);
    const since = Object.hasOwn(grants, name) ? grants[name] : undefined;
    if (since === undefined || isTerminating(pod)) continue;
    const endsMs = parseTimeMs(since) + DISRUPTION_TIMEOUT_MS;
    if (endsMs <= nowMs) {
      spared.push(name);
      continue;
    }
    granted[name] = since;
    nextMs = Math.min(nextMs ?? endsMs, endsMs);
  }
  return { granted, spared, nextMs };
}

type Reason = 'SufficientPods' | 'InsufficientPods' | 'SyncFailed';

function withVerdict(
  status: PodDisruptionBudgetStatus,
  reason: Reason,
  message: string,
  nowMs: number,
): PodDisruptionBudgetStatus {
  const verdict = reason === 'SufficientPods' ? 'True' : 'False';
  const before = conditionOf(status.conditions, CONDITION);
  const lastTransitionTime = before?.status === verdict ? before.lastTransitionTime : timestamp(nowMs);
  const { observedGeneration } = status;
  const condition = {
    type: CONDITION,
    status: verdict,
    reason,
    message,
    observedGeneration,
    lastTransitionTime,
  } as const;
  const others = (status.conditions ?? []).filter(({ type }) => type !== CONDITION);
  return { ...status, conditions: [...others, condition] };
}
