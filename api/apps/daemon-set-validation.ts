import { nonNegative } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { invalidValue, required } from '../meta/validation.ts';
import type { DaemonSet, DaemonSetSpec } from './daemon-set.ts';
import { isZeroCount, validateAtMostWhole, validateCountOrPercent } from './percent.ts';
import { validateSelectorAndTemplate } from './template-validation.ts';

/** Faults of daemon sets ("DaemonSet", "Perform a Rolling Update on a DaemonSet"). */

const AT = 'spec.updateStrategy.rollingUpdate';

function strategyFaults({ updateStrategy }: DaemonSetSpec): FieldError[] {
  if (updateStrategy?.type !== 'RollingUpdate') return [];
  const rolling = updateStrategy.rollingUpdate;
  if (!rolling) return [required(AT)];
  const { maxSurge, maxUnavailable } = rolling;
  const errors = Object.entries({ maxUnavailable, maxSurge }).flatMap(([field, value]) => [
    ...validateCountOrPercent(value, `${AT}.${field}`),
    ...validateAtMostWhole(value, `${AT}.${field}`),
  ]);
  // Either the old pod goes first or the new one comes first.
  if (isZeroCount(maxUnavailable) && isZeroCount(maxSurge))
    return [...errors, required(`${AT}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')];
  if (!isZeroCount(maxUnavailable) && !isZeroCount(maxSurge))
    return [...errors, invalidValue(`${AT}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero')];
  return errors;
}

export function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  if (!spec) return [required('spec')];
  return [
    ...validateSelectorAndTemplate(spec.selector, spec.template, 'daemonset'),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...strategyFaults(spec),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ];
}

export const validateDaemonSetUpdate = (next: DaemonSet, previous: DaemonSet): FieldError[] =>
  equalJson(next.spec?.selector, previous.spec?.selector)
    ? []
    : [invalidValue('spec.selector', next.spec?.selector, 'field is immutable')];
