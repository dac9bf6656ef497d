import { nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { boolean, list, optional, type Static, string, struct } from '../meta/schema.ts';
import { required } from '../meta/validation.ts';
import { UserInfoSchema } from './user-info.ts';

export const TokenReviewSchema = struct('io.k8s.api.authentication.v1.TokenReview', 'Asks whose a token is.', {
  ...typeMeta,
  metadata,
  spec: struct('io.k8s.api.authentication.v1.TokenReviewSpec', 'The question.', {
    audiences: optional(list(string('An audience.'), 'For whom the token must be meant; default the API itself.')),
    token: optional(string('The token.')),
  }),
  status: optional(
    struct('io.k8s.api.authentication.v1.TokenReviewStatus', 'The answer.', {
      audiences: optional(
        list(string('An audience.'), 'Those of the audiences asked for that the token is meant for.'),
      ),
      authenticated: optional(boolean('Whether the token is good.')),
      error: optional(string('Why the token could not be judged.')),
      user: optional(UserInfoSchema),
    }),
  ),
});
export type TokenReview = Static<typeof TokenReviewSchema>;

export const tokenReviews = defineResource<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  singular: 'tokenreview',
  shortNames: [],
  categories: [],
  namespaced: false,
  stored: false,
  verbs: ['create'],
  schema: TokenReviewSchema,
  hasStatus: false,
  columns: [nameColumn],
  setDefaults() {},
  validate: ({ spec }) => (spec?.token ? [] : [required('spec.token')]),
});
