import { MAX_INT32 } from '../core/checks.ts';
import { setTemplateDefaults } from '../core/pod-defaults.ts';
import { metaOf } from '../meta/object.ts';
import type { Job, JobSpec } from './job.ts';

/** Labels that tie pods to their job ("Jobs": Job labels); the short forms are kept for old clients. */
export const CONTROLLER_UID_LABEL = 'batch.kubernetes.io/controller-uid';
export const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';
export const LEGACY_CONTROLLER_UID_LABEL = 'controller-uid';
export const LEGACY_JOB_NAME_LABEL = 'job-name';
/** Number of a pod of an Indexed job, as a label and an annotation. */
export const COMPLETION_INDEX_LABEL = 'batch.kubernetes.io/job-completion-index';

const BACKOFF_LIMIT = 6;

function setCountDefaults(spec: JobSpec): void {
  if (spec.parallelism === undefined && spec.completions === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  // With a limit per index, failures of all indexes together do not end the job.
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : MAX_INT32;
}

export function setPodFailurePolicyDefaults({ podFailurePolicy }: JobSpec): void {
  for (const rule of podFailurePolicy?.rules ?? [])
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
}

export function setJobDefaults(job: Job): void {
  job.spec ??= { template: {} };
  const { spec } = job;
  setCountDefaults(spec);
  spec.completionMode ||= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  setPodFailurePolicyDefaults(spec);
  spec.podReplacementPolicy ||= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  setTemplateDefaults(spec.template);
  const templateLabels = spec.template.metadata?.labels;
  const meta = metaOf(job);
  if (templateLabels && Object.keys(meta.labels ?? {}).length === 0) meta.labels = { ...templateLabels };
}

/**
 * Gives a new job a selector that no other job can have: its UID, on its selector and on its pods. Needs `metadata.name` and
 * `metadata.uid`. A job with `manualSelector`, or with labels of that kind already, is left alone (validation judges it).
 */
export function generateJobSelector(job: Job): void {
  job.status = {};
  const { name = '', uid = '' } = metaOf(job);
  const spec = job.spec;
  if (!spec || spec.manualSelector) return;
  spec.template.metadata ??= {};
  const labels = { ...spec.template.metadata.labels };
  labels[CONTROLLER_UID_LABEL] ??= uid;
  labels[LEGACY_CONTROLLER_UID_LABEL] ??= uid;
  labels[JOB_NAME_LABEL] ??= name;
  labels[LEGACY_JOB_NAME_LABEL] ??= name;
  spec.template.metadata.labels = labels;
  const selector = spec.selector ?? {};
  spec.selector = { ...selector, matchLabels: { [CONTROLLER_UID_LABEL]: uid, ...selector.matchLabels } };
}
