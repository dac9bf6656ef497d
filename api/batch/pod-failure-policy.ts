import { conditionStatus } from '../core/conditions.ts';
import { int32, list, oneOf, optional, type Static, string, struct } from '../meta/schema.ts';

/** Rules of a Job on which failures count, and when it has succeeded ("Jobs": pod failure policy, success policy). */

const PodFailurePolicyRuleSchema = struct(
  'io.k8s.api.batch.v1.PodFailurePolicyRule',
  'What to do about a failed pod that matches.',
  {
    action: oneOf('What is done: Count it, Ignore it, fail its index, or fail the job.', [
      'Count',
      'FailIndex',
      'FailJob',
      'Ignore',
    ]),
    onExitCodes: optional(
      struct('io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement', 'Exit codes a rule matches.', {
        containerName: optional(string('Container it looks at; default all.')),
        operator: oneOf('Whether the code must be in the set.', ['In', 'NotIn']),
        values: list(int32('An exit code.'), 'Exit codes to compare with; 0 is not allowed for In.', { type: 'set' }),
      }),
    ),
    onPodConditions: optional(
      list(
        struct('io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern', 'A condition of the failed pod.', {
          status: optional(conditionStatus),
          type: string('Type of the condition.'),
        }),
        'Conditions of which the pod must have one.',
      ),
    ),
  },
);

export const PodFailurePolicySchema = struct('io.k8s.api.batch.v1.PodFailurePolicy', 'Which failures of pods count.', {
  rules: list(PodFailurePolicyRuleSchema, 'Rules tried in order; at most 20.'),
});
export type PodFailurePolicy = Static<typeof PodFailurePolicySchema>;

export const SuccessPolicySchema = struct('io.k8s.api.batch.v1.SuccessPolicy', 'When an indexed job has succeeded.', {
  rules: list(
    struct('io.k8s.api.batch.v1.SuccessPolicyRule', 'Indexes that must have succeeded.', {
      succeededCount: optional(int32('How many must have succeeded.')),
      succeededIndexes: optional(string('Which must have succeeded: `1,3-5`.')),
    }),
    'Rules of which one must hold; at most 20.',
  ),
});
export type SuccessPolicy = Static<typeof SuccessPolicySchema>;
