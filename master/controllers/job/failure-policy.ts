import type { Job } from '../../../api/batch/job.ts';
import type { PodFailurePolicy } from '../../../api/batch/pod-failure-policy.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';

/** What a failed pod means for its Job (Kubernetes docs, "Jobs", "Pod failure policy"). */
export interface Failure {
  readonly action: 'Count' | 'Ignore' | 'FailIndex' | 'FailJob';
  /** Why, for people; empty where no rule matched. */
  readonly message: string;
}

type Rule = PodFailurePolicy['rules'][number];

const COUNTED: Failure = { action: 'Count', message: '' };

/** The first rule that matches says; without one the failure counts. Rules are about pods that have failed. */
export function failureOf({ spec }: Job, pod: Pod): Failure {
  const rules = spec?.podFailurePolicy?.rules ?? [];
  if (rules.length === 0 || pod.status?.phase !== 'Failed') return COUNTED;
  for (const [index, rule] of rules.entries()) {
    const what = matchOf(rule, pod);
    if (!what) continue;
    const { namespace, name } = metaOf(pod);
    const message = `${what.replace('%s', `${namespace}/${name}`)} matching ${rule.action} rule at index ${index}`;
    return { action: rule.action, message };
  }
  return COUNTED;
}

/** What of the pod the rule matches, with `%s` for the pod; undefined when it does not. */
function matchOf({ onExitCodes, onPodConditions }: Rule, pod: Pod): string | undefined {
  if (onExitCodes) {
    const { containerName, operator, values } = onExitCodes;
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    for (const { name, state } of [...initContainerStatuses, ...containerStatuses]) {
      const code = state?.terminated?.exitCode;
      // A container that ended well is no failure, whatever the set says.
      if (code === undefined || code === 0 || (containerName && containerName !== name)) continue;
      if (values.includes(code) === (operator === 'In'))
        return `Container ${name} for pod %s failed with exit code ${code}`;
    }
  }
  const conditions = pod.status?.conditions ?? [];
  const pattern = onPodConditions?.find(({ type, status = 'True' }) =>
    conditions.some((condition) => condition.type === type && condition.status === status),
  );
  return pattern && `Pod %s has condition ${pattern.type}`;
}
