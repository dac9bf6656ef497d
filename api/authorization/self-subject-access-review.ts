import { nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { optional, type Static, struct } from '../meta/schema.ts';
import { attributeFields, SubjectAccessReviewStatusSchema, validateAttributes } from './attributes.ts';

export const SelfSubjectAccessReviewSchema = struct(
  'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  'Asks whether the asker may do something.',
  {
    ...typeMeta,
    metadata,
    spec: struct('io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec', 'The question.', attributeFields),
    status: optional(SubjectAccessReviewStatusSchema),
  },
);
export type SelfSubjectAccessReview = Static<typeof SelfSubjectAccessReviewSchema>;

export const selfSubjectAccessReviews = defineResource<SelfSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  shortNames: [],
  categories: [],
  namespaced: false,
  stored: false,
  verbs: ['create'],
  schema: SelfSubjectAccessReviewSchema,
  hasStatus: false,
  columns: [nameColumn],
  setDefaults() {},
  validate: ({ spec }) => validateAttributes(spec),
});
