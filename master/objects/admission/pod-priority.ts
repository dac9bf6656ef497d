import { type Pod, pods } from '../../../api/core/pod.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden } from '../../../api/meta/errors.ts';
import { type PriorityClass, priorityClasses } from '../../../api/scheduling/priority-class.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { AdmissionRule } from './admission.ts';

/**
 * Resolves `spec.priorityClassName` to `spec.priority` when a pod is made (Kubernetes docs, "Pod Priority and Preemption"): the
 * named class, else the class marked `globalDefault`, else 0. A priority, or a preemption policy, that disagrees with its class is
 * refused.
 */
export const podPriority: AdmissionRule = {
  name: 'Priority',
  admit({ operation, resource, object }, view) {
    if (operation !== 'create' || !isSameResource(resource, pods)) return undefined;
    return resolvePriority(object as Pod, view);
  },
};

function resolvePriority(pod: Pod, view: CacheReader): ApiError | undefined {
  const spec = pod.spec;
  if (!spec) return undefined;
  const refuse = (why: string) => forbidden(pods, pod.metadata?.name ?? '', why);
  const chosen = spec.priorityClassName
    ? view.get(priorityClasses, undefined, spec.priorityClassName)
    : defaultClass(view);
  if (spec.priorityClassName && !chosen) {
    return refuse(`no PriorityClass with name ${spec.priorityClassName} was found`);
  }
  const priority = chosen?.value ?? 0;
  if (spec.priority !== undefined && spec.priority !== priority) {
    return refuse(
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; ` +
        `priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  spec.priority = priority;
  if (chosen) spec.priorityClassName = chosen.metadata?.name;
  const preemptionPolicy = chosen?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== preemptionPolicy) {
    return refuse(
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; ` +
        `priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
    );
  }
  spec.preemptionPolicy = preemptionPolicy;
  return undefined;
}

/** Of several defaults the one with the lowest value counts, as in Kubernetes. */
function defaultClass(view: CacheReader): PriorityClass | undefined {
  return view
    .list(priorityClasses)
    .filter((candidate) => candidate.globalDefault)
    .sort((a, b) => a.value - b.value)[0];
}
