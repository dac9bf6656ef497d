import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { type ApiError, conflict, invalid } from '../../api/meta/errors.ts';
import { type ApiObject, metaOf } from '../../api/meta/object.ts';
import { forbiddenField } from '../../api/meta/validation.ts';
import { timestamp } from '../../platform/clock.ts';
import type { DeleteOptions, Preconditions, UpdateOptions } from './objects.ts';
import { settle } from './settle.ts';

/** Pure rules of metadata: what the server sets, what no client may change, when an object may go. */

/** Holds an object until its dependents that block its deletion are gone. */
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
/** Holds an object until its dependents no longer name it as owner. */
export const ORPHAN_FINALIZER = 'orphan';

/** What the server gives a new object. Changes `object`. */
export function stampNew(resource: ResourceDefinition, object: ApiObject, uid: string, nowMs: number): void {
  const { name, generateName, namespace, labels, annotations, ownerReferences, finalizers } = metaOf(object);
  object.metadata = {
    name,
    generateName,
    namespace: resource.namespaced ? namespace : undefined,
    uid,
    creationTimestamp: timestamp(nowMs),
    generation: resource.hasStatus || resource.custom ? 1 : undefined,
    labels,
    annotations,
    ownerReferences,
    finalizers,
  };
  if (resource.hasStatus && !resource.statusOnCreate) delete (object as { status?: unknown }).status;
}

/**
 * A new object that somebody has changed after it was stamped, with its stamps, and prepared again. Changes and returns `changed`, whose
 * caller owns it.
 */
export function settleNew<T extends ApiObject>(resource: ResourceDefinition<T>, changed: T, stamped: T): T {
  const { labels, annotations, ownerReferences, finalizers } = metaOf(changed);
  changed.metadata = { ...stamped.metadata, labels, annotations, ownerReferences, finalizers };
  if (resource.hasStatus && !resource.statusOnCreate) keepStatus(changed, stamped);
  resource.prepareForCreate?.(changed);
  resource.setDefaults(changed);
  return changed;
}

/** The account of fields is that of the change as it was proposed, whatever somebody has made of it after that. */
export function settleChange<T extends ApiObject>(changed: T, proposed: T): T {
  const managedFields = proposed.metadata?.managedFields;
  return changed.metadata?.managedFields === managedFields
    ? changed
    : { ...changed, metadata: { ...changed.metadata, managedFields } };
}

/** Puts back what an update of the whole object may not touch. Changes `next`. */
export function keepServerFields(next: ApiObject, current: ApiObject): void {
  const kept = metaOf(current);
  next.metadata = {
    ...metaOf(next),
    name: kept.name,
    generateName: kept.generateName,
    namespace: kept.namespace,
    uid: kept.uid,
    resourceVersion: kept.resourceVersion,
    generation: kept.generation,
    creationTimestamp: kept.creationTimestamp,
    deletionTimestamp: kept.deletionTimestamp,
    deletionGracePeriodSeconds: kept.deletionGracePeriodSeconds,
    managedFields: kept.managedFields,
  };
}

/** What a write of one part leaves of an edited object. Changes and returns an object the caller owns. */
export function restrictToPart<T extends ApiObject>(
  resource: ResourceDefinition<T>,
  next: T,
  current: T,
  part: NonNullable<UpdateOptions['part']>,
): T {
  if (part === 'status') {
    return { ...current, status: (next as { status?: unknown }).status };
  }
  keepServerFields(next, current);
  if (part === 'main' || part === 'scale') {
    if (resource.hasStatus) keepStatus(next, current);
    resource.prepareForUpdate?.(next, current);
    resource.setDefaults(next);
  }
  if (part === 'finalize') {
    keepStatus(next, current);
    resource.setDefaults(next);
  }
  if (part === 'approval') resource.prepareForApproval?.(next, current);
  const rules = resource.partRules?.[part];
  if (rules) {
    rules.prepareForUpdate(next, current);
    resource.setDefaults(next);
  }
  return next;
}

/** A field that is there and undefined is not the same as none to whoever reads an object without a schema. */
function keepStatus(next: ApiObject & { status?: unknown }, current: ApiObject & { status?: unknown }): void {
  if (current.status === undefined) delete next.status;
  else next.status = current.status;
}

/** `generation` counts changes of anything but metadata and status (Kubernetes API conventions, "Metadata"). */
export function desiredStateChanged(next: ApiObject, current: ApiObject): boolean {
  const before = desiredState(current);
  return settle(desiredState(next), before) !== before;
}

function desiredState(object: ApiObject): object {
  const {
    apiVersion: _apiVersion,
    kind: _kind,
    metadata: _metadata,
    status: _status,
    ...rest
  } = object as ApiObject & {
    status?: unknown;
  };
  return rest;
}

/** Why an object's identity or version is not what its writer expects. */
export function preconditionFault(
  resource: ResourceDefinition,
  current: ApiObject,
  expected: Preconditions | undefined,
): ApiError | undefined {
  const { uid, resourceVersion, name = '' } = metaOf(current);
  if (expected?.uid !== undefined && expected.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${expected.uid}, UID in object meta: ${uid}`;
    return conflict(resource, name, why);
  }
  if (expected?.resourceVersion !== undefined && expected.resourceVersion !== resourceVersion) {
    return modified(resource, name);
  }
  return undefined;
}

/** Somebody else's write came first. */
export function modified(resource: ResourceDefinition, name: string): ApiError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(resource, name, why);
}

/** A dying object may lose finalizers but not gain any (Kubernetes docs, "Finalizers"). */
export function finalizerFault(
  resource: ResourceDefinition,
  next: ApiObject,
  current: ApiObject,
): ApiError | undefined {
  if (!current.metadata?.deletionTimestamp) return undefined;
  const before = new Set(current.metadata.finalizers);
  const added = next.metadata?.finalizers?.filter((finalizer) => !before.has(finalizer)) ?? [];
  if (added.length === 0) return undefined;
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${added.join(', ')}`;
  return invalid(resource, current.metadata.name ?? '', [forbiddenField('metadata.finalizers', why)]);
}

/** True once nothing holds an object that is being deleted. */
export function mayGo(object: ApiObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = metaOf(object);
  const specFinalizers = (object as { spec?: { finalizers?: string[] } }).spec?.finalizers ?? [];
  return (
    !!deletionTimestamp && deletionGracePeriodSeconds === 0 && finalizers.length === 0 && specFinalizers.length === 0
  );
}

/**
 * The object after a request to delete it, marked with when it is due and with the finalizer its propagation policy needs. A
 * second request may shorten the grace period but not lengthen it. (Kubernetes docs, "Garbage Collection", "Pod termination".)
 */
export function markDeleted<T extends ApiObject>(
  current: T,
  graceSeconds: number,
  options: DeleteOptions,
  nowMs: number,
): T {
  const meta = metaOf(current);
  const finalizers = new Set(meta.finalizers);
  if (options.propagationPolicy) {
    finalizers.delete(FOREGROUND_FINALIZER);
    finalizers.delete(ORPHAN_FINALIZER);
  }
  if (options.propagationPolicy === 'Foreground') finalizers.add(FOREGROUND_FINALIZER);
  if (options.propagationPolicy === 'Orphan') finalizers.add(ORPHAN_FINALIZER);
  // By length, not by when it is due: a pod whose time is up may still be told to go at once.
  const graceBefore = meta.deletionTimestamp ? (meta.deletionGracePeriodSeconds ?? 0) : Number.POSITIVE_INFINITY;
  const sooner = graceSeconds < graceBefore;
  const begunMs = meta.deletionTimestamp ? Date.parse(meta.deletionTimestamp) - graceBefore * 1000 : nowMs;
  const due = begunMs + graceSeconds * 1000;
  const next = {
    ...current,
    metadata: {
      ...meta,
      finalizers: finalizers.size > 0 ? [...finalizers] : undefined,
      deletionTimestamp: sooner ? timestamp(due) : meta.deletionTimestamp,
      deletionGracePeriodSeconds: sooner ? graceSeconds : meta.deletionGracePeriodSeconds,
      generation: meta.generation !== undefined && !meta.deletionTimestamp ? meta.generation + 1 : meta.generation,
    },
  };
  return next;
}
