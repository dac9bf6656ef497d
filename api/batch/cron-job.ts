import { ObjectReferenceSchema } from '../core/references.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, ObjectMetaSchema, typeMeta } from '../meta/object.ts';
import {
  boolean,
  described,
  int32,
  int64,
  list,
  oneOf,
  optional,
  type Static,
  string,
  struct,
  time,
} from '../meta/schema.ts';
import { cronJobColumns } from './cron-job-columns.ts';
import { setCronJobDefaults } from './cron-job-defaults.ts';
import { validateCronJob } from './cron-job-validation.ts';
import { JobSpecSchema } from './job.ts';
import { jobWarnings } from './job-warnings.ts';

/** Jobs made by the clock ("CronJob"). */

export const JobTemplateSpecSchema = struct(
  'io.k8s.api.batch.v1.JobTemplateSpec',
  'What jobs made from it look like.',
  {
    metadata: optional(described(ObjectMetaSchema, 'Labels and annotations of the jobs.')),
    spec: optional(described(JobSpecSchema, 'Spec of the jobs; their selectors are made for them.')),
  },
);
export type JobTemplateSpec = Static<typeof JobTemplateSpecSchema>;

export const CronJobSpecSchema = struct('io.k8s.api.batch.v1.CronJobSpec', 'What a cron job should do.', {
  concurrencyPolicy: optional(
    oneOf(
      'What happens when the last job still runs: both run (Allow, default), the new one is left out, or the old one ended.',
      ['Allow', 'Forbid', 'Replace'],
    ),
  ),
  failedJobsHistoryLimit: optional(int32('How many failed jobs are kept; default 1.')),
  jobTemplate: described(JobTemplateSpecSchema, 'What its jobs look like.'),
  schedule: string('When a job is made, in cron format: `*/5 * * * *`, `@daily`.'),
  startingDeadlineSeconds: optional(
    int64('Seconds after its time within which a missed job is still made; default no limit.'),
  ),
  successfulJobsHistoryLimit: optional(int32('How many successful jobs are kept; default 3.')),
  suspend: optional(boolean('Whether no further jobs are made; default false.')),
  timeZone: optional(string('Time zone of the schedule, such as Europe/Berlin; default that of the controller.')),
});
export type CronJobSpec = Static<typeof CronJobSpecSchema>;

export const CronJobStatusSchema = struct('io.k8s.api.batch.v1.CronJobStatus', 'What a cron job has done.', {
  active: optional(list(ObjectReferenceSchema, 'Jobs that run now.')),
  lastScheduleTime: optional(time('When a job was last made.')),
  lastSuccessfulTime: optional(time('When a job last succeeded.')),
});
export type CronJobStatus = Static<typeof CronJobStatusSchema>;

export const CronJobSchema = struct('io.k8s.api.batch.v1.CronJob', 'Makes a job whenever it is time.', {
  ...typeMeta,
  metadata,
  spec: CronJobSpecSchema,
  status: optional(CronJobStatusSchema),
});
export type CronJob = Static<typeof CronJobSchema>;

export const cronJobs = defineResource<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  schema: CronJobSchema,
  hasStatus: true,
  columns: cronJobColumns,
  setDefaults: setCronJobDefaults,
  validate: validateCronJob,
  warnings: ({ spec }) => jobWarnings(spec.jobTemplate.spec, 'spec.jobTemplate.spec'),
});
