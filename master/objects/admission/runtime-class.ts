import { type Pod, pods } from '../../../api/core/pod.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden } from '../../../api/meta/errors.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { type RuntimeClass, runtimeClasses } from '../../../api/node/runtime-class.ts';
import type { AdmissionRule } from './admission.ts';

/**
 * What the RuntimeClass of a pod says of its placement becomes the pod's own: what it takes beside its containers, and the nodes
 * that can run it (Kubernetes docs, "Runtime Class", scheduling; "Pod Overhead"). Has to come before all that counts requests.
 */
export const podRuntimeClass: AdmissionRule = {
  name: 'RuntimeClass',
  admit({ operation, resource, object }, view) {
    if (operation !== 'create' || !isSameResource(resource, pods)) return undefined;
    const pod = object as Pod;
    const name = pod.spec?.runtimeClassName;
    if (!pod.spec || !name) return undefined;
    const found = view.get(runtimeClasses, undefined, name);
    if (!found) return refusal(pod, `RuntimeClass "${name}" not found: create it, or leave out spec.runtimeClassName`);
    const conflict = conflictOf(pod.spec, found);
    if (conflict) return refusal(pod, conflict);
    take(pod.spec, found);
    return undefined;
  },
};

function refusal({ metadata }: Pod, why: string): ApiError {
  return forbidden(pods, metadata?.name ?? metadata?.generateName ?? '', `pod rejected: ${why}`);
}

/** Where the pod says otherwise than its class. */
function conflictOf(spec: PodSpec, { metadata, overhead, scheduling }: RuntimeClass): string | undefined {
  const fixed = overhead?.podFixed;
  if (spec.overhead && !equalJson(spec.overhead, fixed ?? {}))
    return `its overhead ${JSON.stringify(spec.overhead)} is not that of RuntimeClass ${metadata?.name}, ${JSON.stringify(fixed ?? {})}: leave out spec.overhead`;
  for (const [key, value] of Object.entries(scheduling?.nodeSelector ?? {})) {
    const own = ownValue(spec.nodeSelector, key);
    if (own !== undefined && own !== value)
      return `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`;
  }
  return undefined;
}

const ownValue = (map: Readonly<Record<string, string>> | undefined, key: string): string | undefined =>
  map && Object.hasOwn(map, key) ? map[key] : undefined;

function take(spec: PodSpec, { overhead, scheduling }: RuntimeClass): void {
  const { nodeSelector, tolerations = [] } = scheduling ?? {};
  if (overhead?.podFixed) spec.overhead = { ...overhead.podFixed };
  if (nodeSelector) spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector };
  const own = spec.tolerations ?? [];
  const further = tolerations.filter((one) => !own.some((other) => equalJson(other, one)));
  if (further.length > 0) spec.tolerations = [...own, ...further];
}
