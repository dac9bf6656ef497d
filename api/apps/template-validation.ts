import type { PodTemplateSpec } from '../core/pod-template.ts';
import { validatePodTemplate } from '../core/pod-template-validation.ts';
import type { FieldError } from '../meta/errors.ts';
import { type LabelSelector, matchesLabelSelector } from '../meta/selector.ts';
import { forbiddenField, invalidValue, notSupported, validateLabelSelector } from '../meta/validation.ts';

const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

/** Kinds whose pods run for ever, in the two ways messages name them; a deployment's pods are its replica sets'. */
const LASTING = {
  daemonset: 'DaemonSet',
  deployment: 'ReplicaSet',
  replicaset: 'ReplicaSet',
  replicationcontroller: 'ReplicationController',
  statefulset: 'StatefulSet',
} as const;
export type LastingKind = keyof typeof LASTING;

/** Faults of a selector and of the template whose pods it must select. `kind` is named in messages. */
export function validateSelectorAndTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  kind: LastingKind,
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
  return [...errors, ...validateLastingTemplate(template, kind)];
}

/** Faults of the template of pods that run for ever. */
export function validateLastingTemplate(template: PodTemplateSpec | undefined, kind: LastingKind): FieldError[] {
  const errors = validatePodTemplate(template, 'spec.template');
  if (template?.spec?.restartPolicy && template.spec.restartPolicy !== 'Always')
    errors.push(notSupported('spec.template.spec.restartPolicy', template.spec.restartPolicy, ['Always']));
  if (template?.spec?.activeDeadlineSeconds !== undefined)
    errors.push(
      forbiddenField(
        'spec.template.spec.activeDeadlineSeconds',
        `activeDeadlineSeconds in ${LASTING[kind]} is not Supported`,
      ),
    );
  return errors;
}
