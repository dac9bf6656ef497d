import type { ApiObject, ObjectMeta, OwnerReference } from './object.ts';

/** What is asked of every object. Apart from the schemas, so that whoever only asks need not load what describes them. */

/** `metadata` of an object that came from the API: never missing. */
export function metaOf(object: ApiObject): ObjectMeta {
  if (!object.metadata) object.metadata = {};
  return object.metadata;
}

/** `namespace/name`, or `name` for a cluster-wide object. */
export function nameOf(object: ApiObject): string {
  const { namespace, name } = metaOf(object);
  return namespace ? `${namespace}/${name}` : (name ?? '');
}

/** The one owner reference with `controller: true`. */
export function controllerOf(object: ApiObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((owner) => owner.controller);
}
