import { requiredName, requiredText } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { compareQuantities } from '../meta/quantity.ts';
import { forbiddenField, invalidValue, required, validateLabelSelector } from '../meta/validation.ts';
import {
  type CrossVersionObjectReference,
  METRIC_FIELDS,
  type MetricField,
  type MetricIdentifier,
  type MetricSpec,
  type MetricTarget,
} from './metric.ts';

/** Faults of a metric and of the value it is to be kept at. */

type Source<F extends MetricField> = NonNullable<MetricSpec[F]>;

/** Faults of the name of another object. */
export const validateReference = ({ kind, name }: CrossVersionObjectReference, path: string): FieldError[] => [
  ...requiredName('path-segment', `${path}.kind`, kind),
  ...requiredName('path-segment', `${path}.name`, name),
];

const isPositive = (amount: string): boolean => compareQuantities(amount, '0') > 0;

function identifierFaults({ name, selector }: MetricIdentifier, path: string): FieldError[] {
  return [
    ...(name
      ? requiredName('path-segment', `${path}.name`, name)
      : [required(`${path}.name`, 'must specify a metric name')]),
    ...validateLabelSelector(selector, `${path}.selector`),
  ];
}

function targetFaults(target: MetricTarget, path: string): FieldError[] {
  const { averageUtilization, averageValue, type, value } = target;
  return [
    ...requiredText(`${path}.type`, type, 'must specify a metric target type'),
    ...Object.entries({ value, averageValue }).flatMap(([field, amount]) =>
      amount === undefined || isPositive(amount) ? [] : [invalidValue(`${path}.${field}`, amount, 'must be positive')],
    ),
    ...(averageUtilization !== undefined && averageUtilization < 1
      ? [invalidValue(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0')]
      : []),
  ];
}

/** A resource is kept at an amount or at a share of what is requested. */
function resourceFaults({ name, target }: Source<'resource'>, path: string): FieldError[] {
  const at = `${path}.target`;
  const errors = [...requiredText(`${path}.name`, name, 'must specify a resource name'), ...targetFaults(target, at)];
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined)
    errors.push(required(`${at}.averageUtilization`, 'must set either a target raw value or a target utilization'));
  if (averageUtilization !== undefined && averageValue !== undefined)
    errors.push(forbiddenField(`${at}.averageValue`, 'may not set both a target raw value and a target utilization'));
  return errors;
}

type Checks = { [F in MetricField]: (source: Source<F>, path: string) => FieldError[] };

const CHECKS: Checks = {
  containerResource: (source, path) => [
    ...requiredText(`${path}.container`, source.container, 'must specify a container'),
    ...resourceFaults(source, path),
  ],
  external({ metric, target }, path) {
    const at = `${path}.target`;
    const errors = [...identifierFaults(metric, `${path}.metric`), ...targetFaults(target, at)];
    if (target.value === undefined && target.averageValue === undefined)
      errors.push(required(`${at}.averageValue`, 'must set either a target value for metric or a per-pod target'));
    if (target.value !== undefined && target.averageValue !== undefined)
      errors.push(forbiddenField(`${at}.value`, 'may not set both a target value for metric and a per-pod target'));
    return errors;
  },
  object: ({ describedObject, metric, target }, path) => [
    ...validateReference(describedObject, `${path}.describedObject`),
    ...identifierFaults(metric, `${path}.metric`),
    ...targetFaults(target, `${path}.target`),
    ...(target.value === undefined && target.averageValue === undefined
      ? [required(`${path}.target.averageValue`, 'must set either a target value or averageValue')]
      : []),
  ],
  pods: ({ metric, target }, path) => [
    ...identifierFaults(metric, `${path}.metric`),
    ...targetFaults(target, `${path}.target`),
    ...(target.averageValue === undefined || !isPositive(target.averageValue)
      ? [required(`${path}.target.averageValue`, 'must specify a positive target averageValue')]
      : []),
  ],
  resource: resourceFaults,
};

function sourceFaults<F extends MetricField>(metric: MetricSpec, field: F, path: string): FieldError[] {
  const source = metric[field] as Source<F> | undefined;
  return source
    ? CHECKS[field](source, `${path}.${field}`)
    : [required(`${path}.${field}`, 'must populate information for the given metric source')];
}

export function validateMetric(metric: MetricSpec, path: string): FieldError[] {
  // Another text is reported by the decoder; none at all only here.
  if (!metric.type) return [required(`${path}.type`, 'must specify a metric source type')];
  if (!Object.hasOwn(METRIC_FIELDS, metric.type)) return [];
  const expected = METRIC_FIELDS[metric.type];
  const others = Object.values(METRIC_FIELDS).filter((field) => field !== expected && metric[field]);
  return [
    ...sourceFaults(metric, expected, path),
    ...others.map((field) => forbiddenField(`${path}.${field}`, 'must populate the given metric source only')),
  ];
}
