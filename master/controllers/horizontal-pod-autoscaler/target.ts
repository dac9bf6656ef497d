import { deployments } from '../../../api/apps/deployment.ts';
import { replicaSets } from '../../../api/apps/replica-set.ts';
import type { HorizontalPodAutoscaler } from '../../../api/autoscaling/horizontal-pod-autoscaler.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import type { Catalogue } from '../../../api/meta/catalogue.ts';
import { type ResourceDefinition, type ScaleAccess, storageOf } from '../../../api/meta/definition.ts';
import { type ApiObject, metaOf } from '../../../api/meta/object.ts';
import { parseLabelSelector } from '../../../api/meta/selector.ts';
import type { CacheReader } from '../../store/cache.ts';

/** What an autoscaler scales. */
export interface Target {
  readonly resource: ResourceDefinition;
  readonly object: ApiObject;
  readonly scale: ScaleAccess<ApiObject>;
}

/** The target, or why there is none, for people. */
export function targetOf(
  view: CacheReader,
  catalogue: Catalogue,
  autoscaler: HorizontalPodAutoscaler,
): Target | string {
  const { apiVersion = 'v1', kind, name } = autoscaler.spec.scaleTargetRef;
  const asked = catalogue.ofKind(apiVersion, kind);
  const resource = asked && storageOf(asked);
  if (!resource) return `no kind "${kind}" in "${apiVersion}"`;
  if (!resource.scale) return `${resource.plural} cannot be scaled`;
  const object = view.get(resource, metaOf(autoscaler).namespace, name);
  return object ? { resource, object, scale: resource.scale } : `${resource.plural} "${name}" not found`;
}

/** The pods that the target's selector means; those of the usual kinds are found by their owner. */
export function podsOf(view: CacheReader, { resource, object, scale }: Target): Pod[] {
  const { uid = '', namespace } = metaOf(object);
  const owners = resource.plural === deployments.plural ? view.ownedBy(replicaSets, uid) : [object];
  const owned = owners.flatMap((owner) => view.ownedBy(pods, metaOf(owner).uid ?? ''));
  if (owned.length > 0) return owned;
  const query = parseLabelSelector(scale.selector(object));
  return view.list(pods, namespace).filter((pod) => query.matches(metaOf(pod).labels));
}
