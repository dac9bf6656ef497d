import { IndexSet } from '../../../api/batch/index-set.ts';
import type { Job } from '../../../api/batch/job.ts';
import { conditionOf, hasCondition } from '../../../api/core/conditions.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { isActive, parseTimeMs, restartsOf } from '../pods/pod-state.ts';
import { failureOf } from './failure-policy.ts';
import type { Tally } from './tally.ts';

/** Where a Job is going. Once it is decided that it ends, that stands (Kubernetes docs, "Jobs", terminal conditions). */
export type Verdict =
  | { readonly type: 'running' }
  | { readonly type: 'succeeding' | 'failing'; readonly reason: string; readonly message: string };

export const isOver = ({ status }: Job): boolean =>
  hasCondition(status?.conditions, 'Complete') || hasCondition(status?.conditions, 'Failed');

/** When a Job that is over ended. */
export function endedAtMs({ status }: Job): number {
  const end = [conditionOf(status?.conditions, 'Complete'), conditionOf(status?.conditions, 'Failed')];
  return parseTimeMs(end.find((condition) => condition?.status === 'True')?.lastTransitionTime);
}

export function verdictOf(job: Job, tally: Tally, owned: readonly Pod[], nowMs: number): Verdict {
  const active = owned.filter(isActive);
  return (
    decided(job) ??
    policyFailure(job, owned) ??
    policySuccess(job, tally) ??
    success(job, tally, active) ??
    indexFailure(job, tally) ??
    failure(job, tally, active, nowMs) ?? { type: 'running' }
  );
}

function decided({ status }: Job): Verdict | undefined {
  for (const [condition, type] of [
    ['SuccessCriteriaMet', 'succeeding'],
    ['FailureTarget', 'failing'],
  ] as const) {
    const found = conditionOf(status?.conditions, condition);
    if (found?.status === 'True') return { type, reason: found.reason ?? '', message: found.message ?? '' };
  }
  return undefined;
}

/** A failure that no further try would mend (Kubernetes docs, "Jobs", "Pod failure policy"). */
function policyFailure(job: Job, owned: readonly Pod[]): Verdict | undefined {
  for (const pod of job.spec?.podFailurePolicy ? owned : []) {
    const { action, message } = failureOf(job, pod);
    if (action === 'FailJob') return { type: 'failing', reason: 'PodFailurePolicy', message };
  }
  return undefined;
}

/** Kubernetes docs, "Jobs", "Success policy". */
function policySuccess({ spec }: Job, { indexes }: Tally): Verdict | undefined {
  if (!indexes) return undefined;
  const rules = spec?.successPolicy?.rules ?? [];
  const met = rules.findIndex(({ succeededIndexes, succeededCount }) => {
    const wanted = succeededIndexes === undefined ? undefined : IndexSet.parse(succeededIndexes);
    const succeeded = wanted ? indexes.completed.countOf(wanted) : indexes.completed.size;
    return succeeded >= (succeededCount ?? wanted?.size ?? Number.POSITIVE_INFINITY);
  });
  if (met < 0) return undefined;
  return { type: 'succeeding', reason: 'SuccessPolicy', message: `Matched rules at index ${met}` };
}

/** With a limit per index the job goes on until every index is over, or too many have failed. */
function indexFailure({ spec }: Job, { indexes }: Tally): Verdict | undefined {
  if (!indexes || indexes.failed.size === 0) return undefined;
  const { completed, failed } = indexes;
  const most = spec?.maxFailedIndexes;
  if (most !== undefined && failed.size > most) {
    const message = `Job has exceeded the specified maximal number of failed indexes (${most}): ${failed}`;
    return { type: 'failing', reason: 'MaxFailedIndexesExceeded', message };
  }
  if (completed.size + failed.size < (spec?.completions ?? 0)) return undefined;
  return { type: 'failing', reason: 'FailedIndexes', message: `Job has failed indexes: ${failed}` };
}

/** With `completions`, that many successes; without, one success and no pod left at work. */
function success({ spec }: Job, { succeeded }: Tally, active: readonly Pod[]): Verdict | undefined {
  const wanted = spec?.completions;
  const met = wanted === undefined ? succeeded > 0 && active.length === 0 : succeeded >= wanted;
  if (!met) return undefined;
  const message = wanted === undefined ? 'A pod succeeded and none is left.' : `${succeeded} pods succeeded.`;
  return { type: 'succeeding', reason: 'CompletionsReached', message };
}

function failure(job: Job, { failed }: Tally, active: readonly Pod[], nowMs: number): Verdict | undefined {
  const limit = job.spec?.backoffLimit ?? 6;
  if (failed > limit || restartedTooOften(job, active, limit)) {
    const message = `More failures than the back-off limit of ${limit} allows.`;
    return { type: 'failing', reason: 'BackoffLimitExceeded', message };
  }
  const deadline = deadlineMs(job);
  if (deadline !== undefined && nowMs >= deadline) {
    const message = `The job ran for longer than ${job.spec?.activeDeadlineSeconds} seconds.`;
    return { type: 'failing', reason: 'DeadlineExceeded', message };
  }
  return undefined;
}

/** Where containers restart in place, their restarts are the failures. */
function restartedTooOften({ spec }: Job, active: readonly Pod[], limit: number): boolean {
  if (spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = active.reduce((total, pod) => total + restartsOf(pod), 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** When `activeDeadlineSeconds` are over; a suspended Job has no start time and so no deadline. */
export function deadlineMs({ spec, status }: Job): number | undefined {
  if (spec?.activeDeadlineSeconds === undefined || !status?.startTime || spec.suspend) return undefined;
  return parseTimeMs(status.startTime) + spec.activeDeadlineSeconds * 1000;
}
