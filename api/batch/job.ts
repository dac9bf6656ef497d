import { conditionFields } from '../core/conditions.ts';
import { PodTemplateSpecSchema } from '../core/pod-template.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
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
import { LabelSelectorSchema } from '../meta/selector.ts';
import { jobColumns } from './job-columns.ts';
import { generateJobSelector, setJobDefaults } from './job-defaults.ts';
import { validateJob, validateJobUpdate } from './job-validation.ts';
import { jobWarnings } from './job-warnings.ts';
import { PodFailurePolicySchema, SuccessPolicySchema } from './pod-failure-policy.ts';

export const JobSpecSchema = struct('io.k8s.api.batch.v1.JobSpec', 'What a job should do.', {
  activeDeadlineSeconds: optional(int64('Seconds after which the job is ended and marked failed.')),
  backoffLimit: optional(int32('Failures after which the job has failed; default 6.')),
  backoffLimitPerIndex: optional(int32('Failures after which an index has failed; only for Indexed jobs.')),
  completionMode: optional(
    oneOf('Whether pods are alike (NonIndexed, default) or each has its number (Indexed).', ['NonIndexed', 'Indexed']),
  ),
  completions: optional(int32('How many pods must succeed; none means any success ends the job.')),
  managedBy: optional(string('Controller that looks after the job; default the built-in one.')),
  manualSelector: optional(boolean('Whether selector and labels are yours to keep unique; default false.')),
  maxFailedIndexes: optional(int32('Failed indexes after which the job has failed.')),
  parallelism: optional(int32('Most pods at a time; default 1.')),
  podFailurePolicy: optional(PodFailurePolicySchema),
  podReplacementPolicy: optional(
    oneOf('When a pod is replaced: as soon as it is ending, or once it has failed.', ['TerminatingOrFailed', 'Failed']),
  ),
  selector: optional(described(LabelSelectorSchema, 'Which pods belong to it; filled in.')),
  successPolicy: optional(SuccessPolicySchema),
  suspend: optional(boolean('Whether no pods are made, and those that run are ended; default false.')),
  template: described(PodTemplateSpecSchema, 'What its pods look like; restartPolicy must be Never or OnFailure.'),
  ttlSecondsAfterFinished: optional(int32('Seconds after its end at which the job is removed; default never.')),
});
export type JobSpec = Static<typeof JobSpecSchema>;

export const JobConditionSchema = struct(
  'io.k8s.api.batch.v1.JobCondition',
  'Something that is or is not true of a job.',
  {
    ...conditionFields,
    lastProbeTime: optional(time('When it was last looked at.')),
  },
);
export type JobCondition = Static<typeof JobConditionSchema>;

export const JobStatusSchema = struct('io.k8s.api.batch.v1.JobStatus', 'How far a job is.', {
  active: optional(int32('Pods that are pending or running.')),
  completedIndexes: optional(string('Indexes that have succeeded: `1,3-5`.')),
  completionTime: optional(time('When the job succeeded.')),
  conditions: optional(
    list(JobConditionSchema, 'What is true of the job now: Complete, Failed, Suspended, ...', { mergeKey: 'type' }),
  ),
  failed: optional(int32('Pods that have failed.')),
  failedIndexes: optional(string('Indexes that have failed: `1,3-5`.')),
  ready: optional(int32('Pods that are ready.')),
  startTime: optional(time('When the job was taken up.')),
  succeeded: optional(int32('Pods that have succeeded.')),
  terminating: optional(int32('Pods that are ending.')),
  uncountedTerminatedPods: optional(
    struct('io.k8s.api.batch.v1.UncountedTerminatedPods', 'Ended pods not counted yet.', {
      failed: optional(list(string('A UID.'), 'UIDs of pods that failed.', { type: 'set' })),
      succeeded: optional(list(string('A UID.'), 'UIDs of pods that succeeded.', { type: 'set' })),
    }),
  ),
});
export type JobStatus = Static<typeof JobStatusSchema>;

export const JobSchema = struct('io.k8s.api.batch.v1.Job', 'Runs pods until enough of them have succeeded.', {
  ...typeMeta,
  metadata,
  spec: optional(JobSpecSchema),
  status: optional(JobStatusSchema),
});
export type Job = Static<typeof JobSchema>;

export const jobs = defineResource<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  shortNames: [],
  categories: ['all'],
  namespaced: true,
  schema: JobSchema,
  hasStatus: true,
  columns: jobColumns,
  selectableFields: { 'status.successful': (job) => String(job.status?.succeeded ?? 0) },
  setDefaults: setJobDefaults,
  prepareForCreate: generateJobSelector,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  warnings: ({ spec }) => jobWarnings(spec, 'spec'),
});
