import { type CronJob, type CronJobStatus, cronJobs } from '../../../api/batch/cron-job.ts';
import { type Job, jobs } from '../../../api/batch/job.ts';
import { hasCondition } from '../../../api/core/conditions.ts';
import type { ObjectReference } from '../../../api/core/references.ts';
import { apiVersionOf } from '../../../api/meta/definition.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import { endedAtMs, isOver } from '../job/verdict.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Decision, remove, updateStatus } from '../kit/decision.ts';
import { parseTimeMs } from '../pods/pod-state.ts';

export const isSuccessful = ({ status }: Job): boolean => hasCondition(status?.conditions, 'Complete');

/** Removes the oldest jobs that are over, down to what is to be kept of each kind (Kubernetes docs, "CronJob", "Jobs history limits"). */
export function outdatedJobs(cronJob: CronJob, owned: readonly Job[]): Decision[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  const over = owned.filter((job) => isOver(job) && !metaOf(job).deletionTimestamp);
  return [
    ...oldest(over.filter(isSuccessful), successfulJobsHistoryLimit),
    ...oldest(
      over.filter((job) => !isSuccessful(job)),
      failedJobsHistoryLimit,
    ),
  ].map((job) => remove(jobs, job, { propagationPolicy: 'Background' }));
}

function oldest(list: readonly Job[], kept: number | undefined): Job[] {
  if (kept === undefined) return [];
  const startMs = ({ status, metadata }: Job) => parseTimeMs(status?.startTime ?? metadata?.creationTimestamp);
  const byAge = [...list].sort((a, b) => startMs(a) - startMs(b) || endedAtMs(a) - endedAtMs(b));
  return byAge.slice(0, Math.max(0, byAge.length - kept));
}

/** What runs now, what was last made and what last succeeded. */
export function statusDecisions(
  cronJob: CronJob,
  active: readonly Job[],
  owned: readonly Job[],
  madeMs?: number,
): Decision[] {
  const { status } = cronJob;
  const successes = owned.filter(isSuccessful).map(endedAtMs);
  const lastSuccessMs = Math.max(parseTimeMs(status?.lastSuccessfulTime), ...successes);
  const next: CronJobStatus = {
    ...status,
    active: active.length > 0 ? active.map(referenceTo) : undefined,
    lastScheduleTime: madeMs === undefined ? status?.lastScheduleTime : timestamp(madeMs),
    lastSuccessfulTime: lastSuccessMs > 0 ? timestamp(lastSuccessMs) : undefined,
  };
  if (sameJson(next, status ?? {})) return [];
  return [
    updateStatus(cronJobs, cronJob, (current) => {
      current.status = { ...current.status, ...next };
    }),
  ];
}

function referenceTo(job: Job): ObjectReference {
  const { name, namespace, uid } = metaOf(job);
  return { apiVersion: apiVersionOf(jobs), kind: jobs.kind, name, namespace, uid };
}
