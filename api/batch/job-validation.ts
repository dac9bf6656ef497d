import { each, nonNegative } from '../core/checks.ts';
import type { PodTemplateSpec } from '../core/pod-template.ts';
import { validatePodTemplate } from '../core/pod-template-validation.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { matchesLabelSelector } from '../meta/selector.ts';
import { forbiddenField, invalidValue, notSupported, required, validateLabelSelector } from '../meta/validation.ts';
import type { Job, JobSpec } from './job.ts';
import { CONTROLLER_UID_LABEL } from './job-defaults.ts';

/** Faults of jobs ("Jobs"). */

const MAX_INDEXED_PARALLELISM = 100_000;
const MAX_RULES = 20;

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

function restartFaults(spec: JobSpec): FieldError[] {
  const path = 'spec.template.spec.restartPolicy';
  const policy = spec.template.spec?.restartPolicy;
  if (policy !== 'OnFailure' && policy !== 'Never')
    return policy === 'Always' || !policy ? [notSupported(path, policy ?? '', ['OnFailure', 'Never'])] : [];
  if (policy !== 'Never' && spec.podFailurePolicy)
    return [invalidValue(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
  return policy !== 'Never' && spec.backoffLimitPerIndex !== undefined
    ? [invalidValue(path, policy, 'only "Never" is supported when backoffLimitPerIndex is specified')]
    : [];
}

function indexFaults(spec: JobSpec): FieldError[] {
  if (spec.completionMode !== 'Indexed')
    return (['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const)
      .filter((field) => spec[field] !== undefined)
      .map((field) => forbiddenField(`spec.${field}`, 'requires indexed completion mode'));
  const errors: FieldError[] = [];
  if (spec.completions === undefined) errors.push(required('spec.completions', 'when completion mode is Indexed'));
  if ((spec.parallelism ?? 0) > MAX_INDEXED_PARALLELISM)
    errors.push(
      invalidValue(
        'spec.parallelism',
        spec.parallelism,
        `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`,
      ),
    );
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required('spec.backoffLimitPerIndex', 'when maxFailedIndexes is specified'));
  return errors;
}

function policyFaults(spec: JobSpec): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? [];
  const path = 'spec.podFailurePolicy.rules';
  if (rules.length > MAX_RULES)
    return [
      { type: 'FieldValueTooMany', path, message: `Too many: ${rules.length}: must have at most ${MAX_RULES} items` },
    ];
  return each(rules, path, (rule, at) => {
    const errors = rule.action ? [] : [required(`${at}.action`)];
    if (rule.onExitCodes && rule.onPodConditions?.length)
      errors.push(invalidValue(at, '', 'specifying both onExitCodes and onPodConditions is not supported'));
    else if (!rule.onExitCodes && !rule.onPodConditions?.length)
      errors.push(invalidValue(at, '', 'specifying one of onExitCodes and onPodConditions is required'));
    if (rule.onExitCodes && rule.onExitCodes.values.length === 0)
      errors.push(invalidValue(`${at}.onExitCodes.values`, [], 'at least one value is required'));
    if (rule.onExitCodes?.operator === 'In' && rule.onExitCodes.values.includes(0))
      errors.push(invalidValue(`${at}.onExitCodes.values`, 0, 'must not be 0 for the In operator'));
    return errors;
  });
}

export function validateJob(job: Job): FieldError[] {
  const spec = job.spec;
  if (!spec) return [required('spec')];
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const;
  return [
    ...counts.flatMap((field) => nonNegative(`spec.${field}`, spec[field])),
    ...selectorFaults(job, spec),
    ...indexFaults(spec),
    ...policyFaults(spec),
    ...validatePodTemplate(spec.template, 'spec.template'),
    ...restartFaults(spec),
  ];
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
