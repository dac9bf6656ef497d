import { conditionOf } from '../../../api/core/conditions.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { ApiError, forbidden } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import {
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
  podDisruptionBudgets,
} from '../../../api/policy/pod-disruption-budget.ts';
import { isFinished, isReady, isTerminating } from '../../controllers/pods/pod-state.ts';

/** Which disruptions evictions may cause (Kubernetes docs, "API-initiated Eviction" and "Disruptions"). Pure. */

const CONDITION = 'DisruptionAllowed';
/** Granted evictions of which the controller has not heard yet, before no more are granted. */
const MAX_UNCONFIRMED = 2000;
const BUSY_RETRY_SECONDS = 10;

/**
 * What stands between a pod and its eviction. `nothing`: no budget asks for it. `unready`: it does not count among what its budget
 * protects, as long as it stays as it is. `budget`: a disruption is to be taken from the budget.
 */
export type Obstacle = 'nothing' | 'unready' | 'budget';

/** Neither runs nor will: its going disrupts nobody, whatever budgets say. */
export const hasEnded = (pod: Pod): boolean => isFinished(pod) || isTerminating(pod);

/** Its going disrupts nobody, at least while it is as it is now. */
export const isBeyondBudgets = (pod: Pod): boolean => hasEnded(pod) || pod.status?.phase === 'Pending';

export function obstacleOf(pod: Pod, budget: PodDisruptionBudget | undefined): Obstacle {
  if (!budget) return 'nothing';
  if (isReady(pod)) return 'budget';
  if (budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return 'unready';
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy ? 'unready' : 'budget';
}

/** The status once one more pod may go. Throws 429 when none may, and 403 when the figures are beyond belief. */
export function grantDisruption(budget: PodDisruptionBudget, podName: string, now: string): PodDisruptionBudgetStatus {
  const { generation = 0, name = '' } = metaOf(budget);
  const status = budget.status ?? {};
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {} } = status;
  if (observedGeneration < generation) throw stillProcessed(name);
  const refuse = (why: string) => forbidden({ ...podDisruptionBudgets, plural: 'poddisruptionbudget' }, name, why);
  if (disruptionsAllowed < 0) throw refuse('pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MAX_UNCONFIRMED) {
    throw refuse('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (disruptionsAllowed === 0) throw refusal(noneLeft(name, status));
  const next = {
    ...status,
    disruptionsAllowed: disruptionsAllowed - 1,
    disruptedPods: { ...disruptedPods, [podName]: now },
  };
  return disruptionsAllowed > 1 ? next : { ...next, conditions: exhausted(status, now) };
}

/** The budget's figures, or the pod, are about to change: the answer may be another in a moment. */
export const stillProcessed = (budgetName: string): ApiError =>
  refusal(`The disruption budget ${budgetName} is still being processed by the server.`, BUSY_RETRY_SECONDS);

function refusal(message: string, retryAfterSeconds?: number): ApiError {
  return new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds && { retryAfterSeconds }),
  });
}

function noneLeft(name: string, status: PodDisruptionBudgetStatus): string {
  const { currentHealthy = 0, desiredHealthy = 0 } = status;
  const condition = conditionOf(status.conditions, CONDITION);
  const told = condition?.status === 'False' && condition.message ? condition : undefined;
  const refused = `The disruption budget ${name} does not allow evicting pods currently`;
  // Figures of a budget that could not be worked out are old ones.
  if (told?.reason === 'SyncFailed') return `${refused} because it failed sync: ${told.message}`;
  if (currentHealthy <= desiredHealthy) {
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  }
  return told ? `${refused} (${told.reason}): ${told.message}` : refused;
}

function exhausted({ conditions = [], observedGeneration }: PodDisruptionBudgetStatus, now: string) {
  const before = conditionOf(conditions, CONDITION);
  const lastTransitionTime = before?.status === 'False' ? before.lastTransitionTime : now;
  const verdict = { type: CONDITION, status: 'False', reason: 'InsufficientPods', message: '' } as const;
  const others = conditions.filter(({ type }) => type !== CONDITION);
  return [...others, { ...verdict, observedGeneration, lastTransitionTime }];
}
