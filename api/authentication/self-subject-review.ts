import { nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { optional, type Static, struct } from '../meta/schema.ts';
import { UserInfoSchema } from './user-info.ts';

export const SelfSubjectReviewSchema = struct(
  'io.k8s.api.authentication.v1.SelfSubjectReview',
  'Asks who the asker is.',
  {
    ...typeMeta,
    metadata,
    status: optional(
      struct('io.k8s.api.authentication.v1.SelfSubjectReviewStatus', 'The answer.', {
        userInfo: optional(UserInfoSchema),
      }),
    ),
  },
);
export type SelfSubjectReview = Static<typeof SelfSubjectReviewSchema>;

export const selfSubjectReviews = defineResource<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  singular: 'selfsubjectreview',
  shortNames: [],
  categories: [],
  namespaced: false,
  stored: false,
  verbs: ['create'],
  schema: SelfSubjectReviewSchema,
  hasStatus: false,
  columns: [nameColumn],
  setDefaults() {},
  validate: () => [],
});
