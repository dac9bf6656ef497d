import { each, repeated, requiredText } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { duplicate, invalidValue, notSupported, required, tooMany } from '../meta/validation.ts';
import type { JobSpec } from './job.ts';
import type { PodFailurePolicy, SuccessPolicy } from './pod-failure-policy.ts';

/** Faults of the rules on which failures count, and when a job has succeeded ("Jobs": pod failure policy, success policy). */

type FailureRule = PodFailurePolicy['rules'][number];
type ExitCodes = NonNullable<FailureRule['onExitCodes']>;
type SuccessRule = SuccessPolicy['rules'][number];

const MAX_RULES = 20;
const MAX_CONDITIONS = 20;
const MAX_EXIT_CODES = 255;
const MAX_INDEXES_BYTES = 64 * 1024;

function exitCodeFaults({ containerName, operator, values }: ExitCodes, path: string, names: string[]): FieldError[] {
  const at = `${path}.values`;
  const errors = requiredText(`${path}.operator`, operator);
  if (containerName !== undefined && !names.includes(containerName))
    errors.push(
      invalidValue(
        `${path}.containerName`,
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    );
  if (values.length === 0) return [...errors, invalidValue(at, [], 'at least one value is required')];
  if (values.length > MAX_EXIT_CODES) return [...errors, tooMany(at, values.length, MAX_EXIT_CODES)];
  for (const [index, value] of values.entries())
    if (operator === 'In' && value === 0)
      errors.push(invalidValue(`${at}[${index}]`, 0, 'must not be 0 for the In operator'));
  for (const [value, index] of repeated(values, String)) errors.push(duplicate(`${at}[${index}]`, value));
  if (values.some((value, index) => index > 0 && value < (values[index - 1] ?? value)))
    errors.push(invalidValue(at, values, 'must be ordered'));
  return errors;
}

function conditionFaults(patterns: NonNullable<FailureRule['onPodConditions']>, path: string): FieldError[] {
  if (patterns.length > MAX_CONDITIONS) return [tooMany(path, patterns.length, MAX_CONDITIONS)];
  return each(patterns, path, ({ type }, at) => requiredText(`${at}.type`, type));
}

function failureRuleFaults(rule: FailureRule, path: string, spec: JobSpec, names: string[]): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule;
  const errors = requiredText(`${path}.action`, action);
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    errors.push(invalidValue(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  if (onExitCodes && onPodConditions.length > 0)
    errors.push(invalidValue(path, '', 'specifying both onExitCodes and onPodConditions is not supported'));
  else if (!onExitCodes && onPodConditions.length === 0)
    errors.push(invalidValue(path, '', 'specifying one of onExitCodes and onPodConditions is required'));
  return [
    ...errors,
    ...(onExitCodes ? exitCodeFaults(onExitCodes, `${path}.onExitCodes`, names) : []),
    ...conditionFaults(onPodConditions, `${path}.onPodConditions`),
  ];
}

export function validatePodFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  if (!spec.podFailurePolicy) return [];
  const { rules } = spec.podFailurePolicy;
  const at = `${path}.podFailurePolicy.rules`;
  const { containers = [], initContainers = [] } = spec.template.spec ?? {};
  const names = [...containers, ...initContainers].map(({ name }) => name);
  const errors =
    spec.podReplacementPolicy === 'TerminatingOrFailed'
      ? [notSupported(`${path}.podReplacementPolicy`, spec.podReplacementPolicy, ['Failed'])]
      : [];
  return rules.length > MAX_RULES
    ? [...errors, tooMany(at, rules.length, MAX_RULES)]
    : [...errors, ...each(rules, at, (rule, place) => failureRuleFaults(rule, place, spec, names))];
}

/** How many indexes `1,3-5` names, all below `completions` and in order; or what is wrong with it. */
function countIndexes(text: string, completions: number): number | string {
  let count = 0;
  let next = 0;
  for (const part of text.split(',')) {
    const [, low, high = low] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? [];
    if (low === undefined) return 'error parsing succeededIndexes: must be numbers and ranges, such as 1,3-5';
    const [first, last] = [Number(low), Number(high)];
    if (first < next || last < first) return 'error parsing succeededIndexes: numbers must be in order, each once';
    if (last >= completions) return `too large index: "${last}"`;
    count += last - first + 1;
    next = last + 1;
  }
  return count;
}

function successRuleFaults({ succeededCount, succeededIndexes }: SuccessRule, path: string, whole: number) {
  const errors: FieldError[] = [];
  if (succeededCount === undefined && succeededIndexes === undefined)
    return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')];
  let most = whole;
  if (succeededIndexes !== undefined) {
    const at = `${path}.succeededIndexes`;
    const found =
      succeededIndexes.length > MAX_INDEXES_BYTES
        ? `must be no more than ${MAX_INDEXES_BYTES} bytes`
        : countIndexes(succeededIndexes, whole);
    if (typeof found === 'string') errors.push(invalidValue(at, succeededIndexes, found));
    else most = found;
  }
  if (succeededCount === undefined) return errors;
  const at = `${path}.succeededCount`;
  if (succeededCount <= 0) errors.push(invalidValue(at, succeededCount, 'must be greater than 0'));
  if (succeededCount > most)
    errors.push(
      invalidValue(
        at,
        succeededCount,
        succeededIndexes === undefined
          ? `must be less than or equal to ${whole} (the number of specified completions)`
          : `must be less than or equal to ${most} (the number of indexes in the specified succeededIndexes field)`,
      ),
    );
  return errors;
}

/** Without Indexed mode there is another fault already. */
export function validateSuccessPolicy(spec: JobSpec, path: string): FieldError[] {
  if (!spec.successPolicy || spec.completionMode !== 'Indexed') return [];
  const { rules } = spec.successPolicy;
  const at = `${path}.successPolicy.rules`;
  if (rules.length === 0)
    return [required(at, 'at least one rules must be specified when the successPolicy is specified')];
  if (rules.length > MAX_RULES) return [tooMany(at, rules.length, MAX_RULES)];
  return each(rules, at, (rule, place) => successRuleFaults(rule, place, spec.completions ?? 0));
}
