import type { FieldError } from '../meta/errors.ts';
import { boolean, list, optional, type Static, string, struct } from '../meta/schema.ts';
import { LabelSelectorRequirementSchema } from '../meta/selector.ts';
import { invalidValue } from '../meta/validation.ts';

/** What access reviews ask about, and what they answer. */

const FieldSelectorRequirementSchema = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldSelectorRequirement',
  'A condition on a field.',
  {
    key: string('The field.'),
    operator: string('In, NotIn, Exists or DoesNotExist.'),
    values: optional(list(string('A value.'), 'Values to compare with.')),
  },
);

export const ResourceAttributesSchema = struct(
  'io.k8s.api.authorization.v1.ResourceAttributes',
  'Something done to a resource.',
  {
    fieldSelector: optional(
      struct('io.k8s.api.authorization.v1.FieldSelectorAttributes', 'By which fields a list or watch selects.', {
        rawSelector: optional(string('The selector as in a query.')),
        requirements: optional(list(FieldSelectorRequirementSchema, 'The selector taken apart.')),
      }),
    ),
    group: optional(string('API group; * is all.')),
    labelSelector: optional(
      struct('io.k8s.api.authorization.v1.LabelSelectorAttributes', 'By which labels a list or watch selects.', {
        rawSelector: optional(string('The selector as in a query.')),
        requirements: optional(list(LabelSelectorRequirementSchema, 'The selector taken apart.')),
      }),
    ),
    name: optional(string('Name of the object; none means all.')),
    namespace: optional(string('Namespace; none means all, or none for cluster-wide resources.')),
    resource: optional(string('Plural of the resource; * is all.')),
    subresource: optional(string('Subresource; none means the object itself.')),
    verb: optional(string('get, list, watch, create, update, patch, delete, ...; * is all.')),
    version: optional(string('API version; * is all.')),
  },
);
export type ReviewedResource = Static<typeof ResourceAttributesSchema>;

export const NonResourceAttributesSchema = struct(
  'io.k8s.api.authorization.v1.NonResourceAttributes',
  'Something done to a path that is no resource.',
  {
    path: optional(string('The path.')),
    verb: optional(string('The method of HTTP in lower case.')),
  },
);

export const attributeFields = {
  nonResourceAttributes: optional(NonResourceAttributesSchema),
  resourceAttributes: optional(ResourceAttributesSchema),
};

export const SubjectAccessReviewStatusSchema = struct(
  'io.k8s.api.authorization.v1.SubjectAccessReviewStatus',
  'The answer.',
  {
    allowed: boolean('Whether it may be done.'),
    denied: optional(boolean('Whether it may not be done, whatever others say.')),
    evaluationError: optional(string('What could not be looked at.')),
    reason: optional(string('Why.')),
  },
);
export type AccessStatus = Static<typeof SubjectAccessReviewStatusSchema>;

interface Attributes {
  resourceAttributes?: ReviewedResource;
  nonResourceAttributes?: unknown;
}

const SELECTORS = ['fieldSelector', 'labelSelector'] as const;

/** A review asks about one thing: a resource or a path. */
export function validateAttributes(spec: Attributes | undefined): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = spec ?? {};
  if (resourceAttributes && nonResourceAttributes)
    return [
      invalidValue(
        'spec.nonResourceAttributes',
        nonResourceAttributes,
        'cannot be specified in combination with resourceAttributes',
      ),
    ];
  if (!resourceAttributes && !nonResourceAttributes)
    return [
      invalidValue(
        'spec.resourceAttributes',
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    ];
  return SELECTORS.flatMap((selector) => {
    const { rawSelector, requirements } = resourceAttributes?.[selector] ?? {};
    const path = `spec.resourceAttributes.${selector}`;
    if (!rawSelector || !requirements?.length) return [];
    return [invalidValue(`${path}.rawSelector`, rawSelector, 'may not specified at the same time as requirements')];
  });
}
