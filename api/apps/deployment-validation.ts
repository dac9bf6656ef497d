import { nonNegative } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { forbiddenField, invalidValue, required } from '../meta/validation.ts';
import type { Deployment } from './deployment.ts';
import { isZeroCount, validateAtMostWhole, validateCountOrPercent } from './percent.ts';
import type { DeploymentStrategy } from './strategy.ts';
import { validateSelectorAndTemplate } from './template-validation.ts';

function strategyFaults(strategy: DeploymentStrategy | undefined): FieldError[] {
  const path = 'spec.strategy.rollingUpdate';
  const rolling = strategy?.rollingUpdate;
  if (strategy?.type === 'Recreate')
    return rolling ? [forbiddenField(path, "may not be specified when strategy `type` is 'Recreate'")] : [];
  if (!rolling) return [required(path, 'this should be defaulted and never be nil')];
  return [
    ...validateCountOrPercent(rolling.maxUnavailable, `${path}.maxUnavailable`),
    ...validateCountOrPercent(rolling.maxSurge, `${path}.maxSurge`),
    ...(isZeroCount(rolling.maxUnavailable) && isZeroCount(rolling.maxSurge)
      ? [invalidValue(`${path}.maxUnavailable`, rolling.maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...validateAtMostWhole(rolling.maxUnavailable, `${path}.maxUnavailable`),
  ];
}

export function validateDeployment(deployment: Deployment): FieldError[] {
  const spec = deployment.spec;
  if (!spec) return [required('spec')];
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  return [
    ...nonNegative('spec.replicas', spec.replicas),
    ...validateSelectorAndTemplate(spec.selector, spec.template, 'deployment'),
    ...strategyFaults(spec.strategy),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...nonNegative('spec.progressDeadlineSeconds', deadline),
    ...(deadline !== undefined && deadline <= minReadySeconds
      ? [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')]
      : []),
  ];
}

/** A changed selector would leave pods and ReplicaSets without an owner. */
export function validateDeploymentUpdate(next: Deployment, previous: Deployment): FieldError[] {
  return equalJson(next.spec?.selector, previous.spec?.selector)
    ? []
    : [invalidValue('spec.selector', next.spec?.selector, 'field is immutable')];
}
