import { nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { boolean, list, optional, type Static, string, struct } from '../meta/schema.ts';

const texts = (description: string) => list(string('One of them.'), description);

const ResourceRuleSchema = struct('io.k8s.api.authorization.v1.ResourceRule', 'What may be done to resources.', {
  apiGroups: optional(texts('API groups; * is all.')),
  resourceNames: optional(texts('Names of objects; none means all.')),
  resources: optional(texts('Resources; * is all.')),
  verbs: texts('Verbs; * is all.'),
});

const NonResourceRuleSchema = struct('io.k8s.api.authorization.v1.NonResourceRule', 'What may be done to paths.', {
  nonResourceURLs: optional(texts('Paths; a * at the end stands for any ending.')),
  verbs: texts('Verbs; * is all.'),
});

export const SelfSubjectRulesReviewSchema = struct(
  'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  'Asks for all that the asker may do in a namespace.',
  {
    ...typeMeta,
    metadata,
    spec: struct('io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec', 'The question.', {
      namespace: optional(string('The namespace.')),
    }),
    status: optional(
      struct('io.k8s.api.authorization.v1.SubjectRulesReviewStatus', 'The answer.', {
        evaluationError: optional(string('What could not be looked at.')),
        incomplete: boolean('Whether more may be allowed than is listed.'),
        nonResourceRules: list(NonResourceRuleSchema, 'What may be done to paths.'),
        resourceRules: list(ResourceRuleSchema, 'What may be done to resources.'),
      }),
    ),
  },
);
export type SelfSubjectRulesReview = Static<typeof SelfSubjectRulesReviewSchema>;

export const selfSubjectRulesReviews = defineResource<SelfSubjectRulesReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  singular: 'selfsubjectrulesreview',
  shortNames: [],
  categories: [],
  namespaced: false,
  stored: false,
  verbs: ['create'],
  schema: SelfSubjectRulesReviewSchema,
  hasStatus: false,
  columns: [nameColumn],
  setDefaults() {},
  validate: () => [],
});
