import { extraMap } from '../authentication/user-info.ts';
import { nameColumn } from '../core/columns.ts';
import { defineResource, type ResourceDefinition } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { list, optional, type Static, string, struct } from '../meta/schema.ts';
import { invalidValue } from '../meta/validation.ts';
import { attributeFields, SubjectAccessReviewStatusSchema, validateAttributes } from './attributes.ts';

const SubjectAccessReviewSpecSchema = struct(
  'io.k8s.api.authorization.v1.SubjectAccessReviewSpec',
  'The question; a user or a group must be named.',
  {
    extra: optional(extraMap('What else is known of the user.')),
    groups: optional(list(string('A group.'), 'Groups of the user.')),
    ...attributeFields,
    uid: optional(string('UID of the user.')),
    user: optional(string('Name of the user.')),
  },
);

const fields = {
  ...typeMeta,
  metadata,
  spec: SubjectAccessReviewSpecSchema,
  status: optional(SubjectAccessReviewStatusSchema),
};

export const SubjectAccessReviewSchema = struct(
  'io.k8s.api.authorization.v1.SubjectAccessReview',
  'Asks whether a user may do something.',
  fields,
);
export type SubjectAccessReview = Static<typeof SubjectAccessReviewSchema>;

export const LocalSubjectAccessReviewSchema = struct(
  'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  'Asks whether a user may do something in this namespace.',
  fields,
);

function validateReview({ spec }: SubjectAccessReview): FieldError[] {
  const errors = validateAttributes(spec);
  if (spec?.user || spec?.groups?.length) return errors;
  return [...errors, invalidValue('spec.user', spec?.user ?? '', 'at least one of user or group must be specified')];
}

function validateLocalReview(review: SubjectAccessReview): FieldError[] {
  const { resourceAttributes, nonResourceAttributes } = review.spec ?? {};
  const namespace = review.metadata?.namespace;
  const errors = validateReview(review);
  if (resourceAttributes && resourceAttributes.namespace !== namespace)
    errors.push(
      invalidValue(
        'spec.resourceAttributes.namespace',
        resourceAttributes.namespace ?? '',
        'must match metadata.namespace',
      ),
    );
  if (nonResourceAttributes)
    errors.push(
      invalidValue('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request'),
    );
  return errors;
}

const common = {
  group: 'authorization.k8s.io',
  version: 'v1',
  shortNames: [],
  categories: [],
  stored: false,
  verbs: ['create'],
  hasStatus: false,
  columns: [nameColumn],
  setDefaults() {},
} satisfies Partial<ResourceDefinition>;

export const subjectAccessReviews = defineResource<SubjectAccessReview>({
  ...common,
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  singular: 'subjectaccessreview',
  namespaced: false,
  schema: SubjectAccessReviewSchema,
  validate: validateReview,
});

export const localSubjectAccessReviews = defineResource<SubjectAccessReview>({
  ...common,
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  singular: 'localsubjectaccessreview',
  namespaced: true,
  schema: LocalSubjectAccessReviewSchema,
  validate: validateLocalReview,
});
