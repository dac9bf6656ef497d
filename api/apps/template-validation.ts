import type { PodTemplateSpec } from '../core/pod-template.ts';
import { validatePodTemplate } from '../core/pod-template-validation.ts';
import type { FieldError } from '../meta/errors.ts';
import { type LabelSelector, matchesLabelSelector } from '../meta/selector.ts';
import { forbiddenField, invalidValue, notSupported, validateLabelSelector } from '../meta/validation.ts';

const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

/** Faults of a selector and of the template whose pods it must select. `kind` is named in messages. */
export function validateSelectorAndTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  kind: 'deployment' | 'replicaset',
): FieldError[] {
  const errors = validateLabelSelector(selector, 'spec.selector');
  if (isEmptySelector(selector))
    errors.push(invalidValue('spec.selector', selector ?? {}, `empty selector is invalid for ${kind}`));
  else if (!matchesLabelSelector(selector, template?.metadata?.labels))
    errors.push(
      invalidValue(
        'spec.template.metadata.labels',
        template?.metadata?.labels ?? {},
        '`selector` does not match template `labels`',
      ),
    );
  errors.push(...validatePodTemplate(template, 'spec.template'));
  if (template?.spec?.restartPolicy && template.spec.restartPolicy !== 'Always')
    errors.push(notSupported('spec.template.spec.restartPolicy', template.spec.restartPolicy, ['Always']));
  if (template?.spec?.activeDeadlineSeconds !== undefined)
    errors.push(
      forbiddenField(
        'spec.template.spec.activeDeadlineSeconds',
        'activeDeadlineSeconds in ReplicaSet is not Supported',
      ),
    );
  return errors;
}
