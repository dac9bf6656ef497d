import { type Namespace, namespaces } from '../../api/core/namespace.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { isSameResource, type ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { DeleteOptions } from './objects.ts';

const DEFAULT_POD_GRACE_SECONDS = 30;

/**
 * Seconds that an object's end may take. Only pods that run somewhere have an end that takes time; a pod on no node, or one
 * whose containers have all ended, goes at once (Kubernetes docs, "Pod Lifecycle", termination of pods).
 */
export function graceSeconds(resource: ResourceDefinition, object: ApiObject, options: DeleteOptions): number {
  if (!isSameResource(resource, pods)) return 0;
  const { spec, status } = object as Pod;
  if (!spec?.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  return Math.max(0, options.gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? DEFAULT_POD_GRACE_SECONDS);
}

/** What else changes in an object when its deletion begins. */
export function onDeletionBegun<T extends ApiObject>(resource: ResourceDefinition<T>, object: T): T {
  if (!isSameResource(resource, namespaces)) return object;
  const namespace = object as Namespace;
  return { ...object, status: { ...namespace.status, phase: 'Terminating' } };
}
