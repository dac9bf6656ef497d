import { each, nonNegative } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { compareQuantities } from '../meta/quantity.ts';
import { invalidValue, required } from '../meta/validation.ts';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus } from './horizontal-pod-autoscaler.ts';
import { validateMetric, validateReference } from './metric-validation.ts';
import type { ScalingRules } from './scaling-behavior.ts';

/** Faults of autoscalers ("HorizontalPodAutoscaler" of the API reference). */

const LONGEST_PERIOD_SECONDS = 1800;
const LONGEST_WINDOW_SECONDS = 3600;

type Policy = NonNullable<ScalingRules['policies']>[number];

function policyFaults({ periodSeconds, type, value }: Policy, path: string): FieldError[] {
  const period = `${path}.periodSeconds`;
  return [
    ...(type ? [] : [required(`${path}.type`, 'must be Pods or Percent')]),
    ...(value > 0 ? [] : [invalidValue(`${path}.value`, value, 'must be greater than zero')]),
    ...(periodSeconds > 0 ? [] : [invalidValue(period, periodSeconds, 'must be greater than zero')]),
    ...(periodSeconds > LONGEST_PERIOD_SECONDS
      ? [invalidValue(period, periodSeconds, `must be less than or equal to ${LONGEST_PERIOD_SECONDS}`)]
      : []),
  ];
}

function ruleFaults(rules: ScalingRules | undefined, path: string): FieldError[] {
  if (!rules) return [];
  const { policies = [], stabilizationWindowSeconds: window = 0, tolerance } = rules;
  const at = `${path}.stabilizationWindowSeconds`;
  return [
    ...(window < 0 ? [invalidValue(at, window, 'must be greater than or equal to zero')] : []),
    ...(window > LONGEST_WINDOW_SECONDS
      ? [invalidValue(at, window, `must be less than or equal to ${LONGEST_WINDOW_SECONDS}`)]
      : []),
    ...(tolerance !== undefined && compareQuantities(tolerance, '0') < 0
      ? [invalidValue(`${path}.tolerance`, tolerance, 'must be greater than or equal to zero')]
      : []),
    ...(policies.length === 0 ? [required(`${path}.policies`, 'must specify at least one Policy')] : []),
    ...each(policies, `${path}.policies`, policyFaults),
  ];
}

export function validateHorizontalPodAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const { behavior, maxReplicas, metrics, minReplicas = 1, scaleTargetRef } = spec;
  return [
    ...(minReplicas < 1 ? [invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1')] : []),
    ...(maxReplicas < 1 ? [invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0')] : []),
    ...(maxReplicas < minReplicas
      ? [invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')]
      : []),
    ...validateReference(scaleTargetRef, 'spec.scaleTargetRef'),
    ...each(metrics, 'spec.metrics', validateMetric),
    ...ruleFaults(behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...ruleFaults(behavior?.scaleDown, 'spec.behavior.scaleDown'),
  ];
}

type Counts = Pick<HorizontalPodAutoscalerStatus, 'currentReplicas' | 'desiredReplicas'>;

/** A controller would scale by what it finds here. */
export const validateHorizontalPodAutoscalerStatus = ({ status }: { status?: Counts }): FieldError[] => [
  ...nonNegative('status.currentReplicas', status?.currentReplicas),
  ...nonNegative('status.desiredReplicas', status?.desiredReplicas),
];
