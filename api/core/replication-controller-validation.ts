import { validateLastingTemplate } from '../apps/template-validation.ts';
import type { FieldError } from '../meta/errors.ts';
import { matchesLabelSelector } from '../meta/selector.ts';
import { invalidValue, required, validateLabels } from '../meta/validation.ts';
import { nonNegative } from './checks.ts';
import type { ReplicationController, ReplicationControllerSpec } from './replication-controller.ts';

function templateFaults({ selector, template }: ReplicationControllerSpec): FieldError[] {
  if (!template) return [required('spec.template')];
  const labels = template.metadata?.labels ?? {};
  const errors = validateLastingTemplate(template, 'replicationcontroller');
  if (!selector || Object.keys(selector).length === 0) return [required('spec.selector'), ...errors];
  return matchesLabelSelector({ matchLabels: selector }, labels)
    ? errors
    : [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'), ...errors];
}

/** Unlike those of its successors, its selector may change. */
export function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  if (!spec) return [required('spec')];
  return [
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.replicas', spec.replicas),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...templateFaults(spec),
  ];
}
