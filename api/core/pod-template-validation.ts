import type { FieldError } from '../meta/errors.ts';
import { forbiddenField, validateAnnotations, validateLabels } from '../meta/validation.ts';
import type { PodTemplateSpec } from './pod-template.ts';
import { validatePodSpec } from './pod-validation.ts';

/** Faults of a template. Kubernetes names its labels by `template.labels`, without `metadata`, and so do we. */
export function validatePodTemplate(template: PodTemplateSpec | undefined, path: string): FieldError[] {
  const spec = template?.spec ?? { containers: [] };
  return [
    ...validateLabels(template?.metadata?.labels, `${path}.labels`),
    ...validateAnnotations(template?.metadata?.annotations, `${path}.annotations`),
    ...validatePodSpec(spec, `${path}.spec`),
    ...(spec.ephemeralContainers?.length
      ? [forbiddenField(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]
      : []),
  ];
}
