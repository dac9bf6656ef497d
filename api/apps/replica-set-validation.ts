import { nonNegative } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { invalidValue, required } from '../meta/validation.ts';
import type { ReplicaSet } from './replica-set.ts';
import { validateSelectorAndTemplate } from './template-validation.ts';

export function validateReplicaSet(set: ReplicaSet): FieldError[] {
  if (!set.spec) return [required('spec')];
  return [
    ...nonNegative('spec.replicas', set.spec.replicas),
    ...nonNegative('spec.minReadySeconds', set.spec.minReadySeconds),
    ...validateSelectorAndTemplate(set.spec.selector, set.spec.template, 'replicaset'),
  ];
}

export function validateReplicaSetUpdate(next: ReplicaSet, previous: ReplicaSet): FieldError[] {
  return equalJson(next.spec?.selector, previous.spec?.selector)
    ? []
    : [invalidValue('spec.selector', next.spec?.selector, 'field is immutable')];
}
