import { type CronJob, cronJobs } from '../../../api/batch/cron-job.ts';
import type { Job } from '../../../api/batch/job.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import { controllerReference } from '../kit/ownership.ts';

const MINUTE_MS = 60_000;
const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
/** Whether the clock made it: one that somebody made from the same template by hand is his own affair. */
export const isScheduled = (job: Job): boolean => metaOf(job).annotations?.[SCHEDULED_AT] !== undefined;

/** A job's name begins those of its pods; with eleven more characters it is a label's value. */
const MAX_NAME_LENGTH = 52;

/** The same for one time of the schedule however often it is asked: two tries make one job. */
export function jobNameOf(cronJob: CronJob, dueMs: number): string {
  const { name = '' } = metaOf(cronJob);
  return `${name.slice(0, MAX_NAME_LENGTH)}-${Math.floor(dueMs / MINUTE_MS)}`;
}

export function scheduledJob(cronJob: CronJob, dueMs: number): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    metadata: {
      name: jobNameOf(cronJob, dueMs),
      namespace: metaOf(cronJob).namespace,
      labels: metadata?.labels && { ...metadata.labels },
      annotations: { ...metadata?.annotations, [SCHEDULED_AT]: timestamp(dueMs) },
      ownerReferences: [controllerReference(cronJobs, cronJob)],
    },
    spec: structuredClone(spec),
  };
}
