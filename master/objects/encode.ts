import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Revision, StoredValue } from '../store/store.ts';
import { settle } from './settle.ts';

/**
 * The text an object has in the store: JSON with `apiVersion`, `kind` and `metadata` first and without
 * `metadata.resourceVersion`, which is the revision of the commit and so not known before it.
 */
export function encodeObject(resource: ResourceDefinition, object: ApiObject): string {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object;
  return JSON.stringify({
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { ...metadata, resourceVersion: undefined },
    ...rest,
  });
}

/** The object as it comes back from the store, sharing with `before` what is the same: `before` itself where all is. */
export function settleObject<T extends ApiObject>(resource: ResourceDefinition<T>, object: T, before?: T): T {
  return settle({ ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }, before);
}

/** The object a stored text holds, with `metadata.resourceVersion`. The caller owns it. */
export function decodeObject<T extends ApiObject>(stored: StoredValue): T {
  return withRevision(JSON.parse(stored.value) as T, stored.modRevision);
}

/** Stamps the revision of the commit that wrote the object. */
export function withRevision<T extends ApiObject>(object: T, revision: Revision): T {
  object.metadata = { ...object.metadata, resourceVersion: String(revision) };
  return object;
}

/** The revision an object was read at. */
export function revisionOf(object: ApiObject): Revision {
  return Number(object.metadata?.resourceVersion ?? 0);
}
