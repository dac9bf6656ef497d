import { namespaces } from '../../api/core/namespace.ts';
import { nodes } from '../../api/core/node.ts';
import { persistentVolumes } from '../../api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { podDisruptionBudgets } from '../../api/policy/pod-disruption-budget.ts';
import { csiNodes } from '../../api/storage/csi-node.ts';
import { storageClasses } from '../../api/storage/storage-class.ts';
import { podGroups } from '../../api/stowage/pod-group.ts';
import {
  POLICY_NAME,
  policySpecOf,
  type SchedulingPolicy,
  schedulingPolicies,
} from '../../api/stowage/scheduling-policy.ts';
import { xPodGroups } from '../../api/stowage/x-pod-group.ts';
import type { Scheduler } from './scheduler.ts';
import type { SchedulerView } from './scheduler-context.ts';

/** One kind of which the scheduler hears. */
interface Topic<T extends ApiObject> {
  readonly resource: ResourceDefinition<T>;
  set(object: T): void;
  remove(object: T): void;
}

/** All kinds of which it hears: what `tellNews` asks a cache for. */
export const NEWS: readonly ResourceDefinition[] = [
  schedulingPolicies,
  namespaces,
  nodes,
  storageClasses,
  csiNodes,
  persistentVolumes,
  persistentVolumeClaims,
  podDisruptionBudgets,
  podGroups,
  xPodGroups,
  pods,
];

export interface Audience {
  /** The scheduler has heard of a change. */
  heard(): void;
  /** It could not take in the object, which is a fault of ours; the others go on. */
  failed(object: ApiObject, error: unknown): void;
}

/**
 * Tells the scheduler of everything there is, and from then on of every change, in the same tick. Returns the function that
 * ends it.
 */
export function tellNews(cache: SchedulerView, scheduler: Scheduler, audience: Audience): () => void {
  const tell = <T extends ApiObject>(take: (object: T) => void, object: T): void => {
    try {
      take(object);
    } catch (error) {
      audience.failed(object, error);
    }
  };
  const follow = <T extends ApiObject>({ resource, set, remove }: Topic<T>): (() => void) => {
    for (const object of inOrderOfAge(cache.list(resource))) tell(set, object);
    return cache.subscribe(resource, ({ type, object }) => {
      tell(type === 'deleted' ? remove : set, object);
      audience.heard();
    });
  };
  const name = (object: ApiObject) => metaOf(object).name ?? '';
  const namespace = (object: ApiObject) => metaOf(object).namespace ?? '';
  let hasHeardAll = false;
  const setPolicy = (policy: SchedulingPolicy | undefined) => {
    scheduler.setPolicy(policySpecOf(policy));
    // There may be a profile now for pods that were nobody's.
    const unplaced = hasHeardAll ? cache.list(pods).filter(({ spec }) => !spec?.nodeName) : [];
    for (const pod of inOrderOfAge(unplaced)) tell((one) => scheduler.setPod(one), pod);
  };
  // What pods refer to comes before them.
  const endings = [
    follow({
      resource: schedulingPolicies,
      set: (policy) => name(policy) === POLICY_NAME && setPolicy(policy),
      remove: (policy) => name(policy) === POLICY_NAME && setPolicy(undefined),
    }),
    follow({
      resource: namespaces,
      set: (object) => scheduler.setNamespace(object),
      remove: (object) => scheduler.removeNamespace(name(object)),
    }),
    follow({
      resource: nodes,
      set: (node) => scheduler.setNode(node),
      remove: (node) => scheduler.removeNode(name(node)),
    }),
    follow({
      resource: storageClasses,
      set: (object) => scheduler.setStorageClass(object),
      remove: (object) => scheduler.removeStorageClass(name(object)),
    }),
    follow({
      resource: csiNodes,
      set: (object) => scheduler.setCsiNode(object),
      remove: (object) => scheduler.removeCsiNode(name(object)),
    }),
    follow({
      resource: persistentVolumes,
      set: (object) => scheduler.setVolume(object),
      remove: (object) => scheduler.removeVolume(name(object)),
    }),
    follow({
      resource: persistentVolumeClaims,
      set: (object) => scheduler.setClaim(object),
      remove: (object) => scheduler.removeClaim(namespace(object), name(object)),
    }),
    follow({
      resource: podDisruptionBudgets,
      set: (object) => scheduler.setBudget(object),
      remove: (object) => scheduler.removeBudget(namespace(object), name(object)),
    }),
    follow({
      resource: podGroups,
      set: (object) => scheduler.setPodGroup(object),
      remove: (object) => scheduler.removePodGroup(object),
    }),
    follow({
      resource: xPodGroups,
      set: (object) => scheduler.setPodGroup(object),
      remove: (object) => scheduler.removePodGroup(object),
    }),
    follow<Pod>({
      resource: pods,
      set: (pod) => scheduler.setPod(pod),
      remove: (pod) => scheduler.removePod(metaOf(pod).uid ?? ''),
    }),
  ];
  hasHeardAll = true;
  return () => {
    for (const end of endings) end();
  };
}

function inOrderOfAge<T extends ApiObject>(all: readonly T[]): T[] {
  const created = (object: T) => metaOf(object).creationTimestamp ?? '';
  return [...all].sort((a, b) => (created(a) < created(b) ? -1 : created(a) > created(b) ? 1 : 0));
}
