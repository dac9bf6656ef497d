import { faultOf, nonNegative } from '../core/checks.ts';
import type { PodTemplateSpec } from '../core/pod-template.ts';
import { validatePodTemplate } from '../core/pod-template-validation.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { matchesLabelSelector } from '../meta/selector.ts';
import {
  forbiddenField,
  invalidValue,
  labelKeyFault,
  notSupported,
  required,
  tooLong,
  validateLabelSelector,
} from '../meta/validation.ts';
import type { Job, JobSpec } from './job.ts';
import { CONTROLLER_UID_LABEL } from './job-defaults.ts';
import { validatePodFailurePolicy, validateSuccessPolicy } from './pod-failure-policy-validation.ts';

/** Faults of jobs ("Jobs"). */

const MAX_INDEXED_PARALLELISM = 100_000;
const MANY_INDEXES = 100_000;
/** Most indexes a status should have to name one by one. */
const MAX_LISTED_INDEXES = 10_000;
const LONGEST_MANAGER = 63;

function selectorFaults(job: Job, spec: JobSpec): FieldError[] {
  const labels = spec.template.metadata?.labels;
  if (!spec.selector) return [required('spec.selector')];
  const errors = validateLabelSelector(spec.selector, 'spec.selector');
  if (!spec.manualSelector && spec.selector.matchLabels?.[CONTROLLER_UID_LABEL] !== job.metadata?.uid)
    errors.push(
      invalidValue(
        'spec.selector',
        spec.selector,
        '`selector` not auto-generated; leave it out, or set `manualSelector: true`',
      ),
    );
  if (!matchesLabelSelector(spec.selector, labels))
    errors.push(
      invalidValue('spec.template.metadata.labels', labels ?? {}, '`selector` does not match template `labels`'),
    );
  return errors;
}

function restartFaults(spec: JobSpec, at: string): FieldError[] {
  const path = `${at}.template.spec.restartPolicy`;
  const policy = spec.template.spec?.restartPolicy;
  if (policy !== 'OnFailure' && policy !== 'Never')
    return policy === 'Always' || !policy ? [notSupported(path, policy ?? '', ['OnFailure', 'Never'])] : [];
  if (policy !== 'Never' && spec.podFailurePolicy)
    return [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  return policy !== 'Never' && spec.backoffLimitPerIndex !== undefined
    ? [invalidValue(path, policy, 'only "Never" is supported when backoffLimitPerIndex is specified')]
    : [];
}

const atMost = (path: string, value: number | undefined, most: number, when: string): FieldError[] =>
  (value ?? 0) > most ? [invalidValue(path, value, `must be less than or equal to ${most}${when}`)] : [];

/** With a limit per index, the status lists indexes: it must not grow without end. */
function failedIndexFaults(spec: JobSpec, path: string): FieldError[] {
  const { backoffLimitPerIndex, completions = 0, maxFailedIndexes, parallelism } = spec;
  if (backoffLimitPerIndex === undefined)
    return maxFailedIndexes === undefined
      ? []
      : [required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')];
  const errors = atMost(`${path}.maxFailedIndexes`, maxFailedIndexes, MAX_INDEXED_PARALLELISM, '');
  if (completions <= MANY_INDEXES) return errors;
  const when = ` when completions are above ${MANY_INDEXES} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined)
    errors.push(required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${MANY_INDEXES}`));
  return [
    ...errors,
    ...atMost(`${path}.parallelism`, parallelism, MAX_LISTED_INDEXES, when),
    ...atMost(`${path}.maxFailedIndexes`, maxFailedIndexes, MAX_LISTED_INDEXES, when),
  ];
}

function indexFaults(spec: JobSpec, path: string): FieldError[] {
  if (spec.completionMode !== 'Indexed')
    return (['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const)
      .filter((field) => spec[field] !== undefined)
      .map((field) => forbiddenField(`${path}.${field}`, 'requires indexed completion mode'));
  const { completions, maxFailedIndexes } = spec;
  return [
    ...(completions === undefined ? [required(`${path}.completions`, 'when completion mode is Indexed')] : []),
    ...atMost(`${path}.parallelism`, spec.parallelism, MAX_INDEXED_PARALLELISM, ' when completion mode is Indexed'),
    ...(completions !== undefined && (maxFailedIndexes ?? 0) > completions
      ? [invalidValue(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions')]
      : []),
    ...failedIndexFaults(spec, path),
  ];
}

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

/** Faults of a job's spec but for its selector, which a template of jobs does not have. */
export function validateJobSpec(spec: JobSpec, path: string): FieldError[] {
  return [
    ...COUNTS.flatMap((field) => nonNegative(`${path}.${field}`, spec[field])),
    ...managerFaults(spec.managedBy, `${path}.managedBy`),
    ...indexFaults(spec, path),
    ...validatePodFailurePolicy(spec, path),
    ...validateSuccessPolicy(spec, path),
    ...validatePodTemplate(spec.template, `${path}.template`),
    ...restartFaults(spec, path),
  ];
}

/** Controllers are named like `example.com/controller`. */
function managerFaults(name: string | undefined, path: string): FieldError[] {
  if (name === undefined) return [];
  if (name.length > LONGEST_MANAGER) return [tooLong(path, LONGEST_MANAGER)];
  return name.includes('/')
    ? faultOf(path, name, labelKeyFault(name.toLowerCase()))
    : [invalidValue(path, name, 'must be a domain-prefixed path (such as "acme.io/foo")')];
}

export function validateJob(job: Job): FieldError[] {
  if (!job.spec) return [required('spec')];
  return [...selectorFaults(job, job.spec), ...validateJobSpec(job.spec, 'spec')];
}

const immutable = (field: string, next: unknown, previous: unknown): FieldError[] =>
  equalJson(next, previous) ? [] : [invalidValue(`spec.${field}`, next ?? null, 'field is immutable')];

/** A suspended job that never started may still be told where its pods go. */
function comparableTemplate(template: PodTemplateSpec, isMovable: boolean): unknown {
  if (!isMovable) return template;
  const { nodeSelector, tolerations, affinity, schedulingGates, ...spec } = template.spec ?? { containers: [] };
  const { labels, annotations, ...metadata } = template.metadata ?? {};
  return { metadata, spec };
}

export function validateJobUpdate(next: Job, previous: Job): FieldError[] {
  const [after, before] = [next.spec, previous.spec];
  if (!after || !before) return [];
  const isMovable = Boolean(before.suspend) && !previous.status?.startTime;
  // An Indexed job may grow and shrink as long as all its indexes may run at once.
  const isElastic = before.completionMode === 'Indexed' && after.completions === after.parallelism;
  return [
    ...(isElastic ? [] : immutable('completions', after.completions, before.completions)),
    ...immutable('selector', after.selector, before.selector),
    ...immutable(
      'template',
      comparableTemplate(after.template, isMovable),
      comparableTemplate(before.template, isMovable),
    ),
    ...(['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const).flatMap(
      (field) => immutable(field, after[field], before[field]),
    ),
  ];
}
