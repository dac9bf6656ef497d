import { type Catalogue, keptResources } from '../../api/meta/catalogue.ts';
import { type ResourceDefinition, storageOf } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf, type OwnerReference } from '../../api/meta/object.ts';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from '../objects/metadata-rules.ts';
import type { CacheReader, Change } from '../store/cache.ts';
import { type Controller, keyOf, watch } from './kit/controller.ts';
import { bounded, type Decision, remove, update } from './kit/decision.ts';
import { without, withoutOwners } from './kit/ownership.ts';

/** Finds the kind an owner reference names; `undefined` for one this cell does not know. */
export type KindLookUp = (apiVersion: string, kind: string) => ResourceDefinition | undefined;

/**
 * Removes what belongs to objects that are gone (Kubernetes docs, "Garbage Collection"): in the background once the last owner is
 * gone, in the foreground before its owner goes (`foregroundDeletion`), or not at all (`orphan`). Keys name a kind and an object.
 */
export function garbageCollector(catalogue: Catalogue): Controller {
  const kindOf = keptKind(catalogue);
  const kinds = new KeptKinds(catalogue);
  return {
    name: 'garbage-collector',
    watches: [],
    watchKind: (resource) => watch(resource, (change, view) => affected(view, resource, change, kindOf)),
    reconcile(view, key) {
      const [path = '', name = ''] = key.split(' ');
      const resource = kinds.byPath().get(path);
      const object = resource && find(view, resource, name);
      if (!resource || !object) return [];
      const { deletionTimestamp, finalizers = [] } = metaOf(object);
      if (!deletionTimestamp) return collect(view, resource, object, kindOf);
      if (finalizers.includes(ORPHAN_FINALIZER)) return orphanDependents(view, resource, object);
      if (finalizers.includes(FOREGROUND_FINALIZER)) return endDependents(view, resource, object, kindOf);
      return [];
    },
  };
}

/** Finds the kind whose objects stand for those of a reference, whatever version of it the reference names. */
export const keptKind =
  (catalogue: Catalogue): KindLookUp =>
  (apiVersion, kind) => {
    const resource = catalogue.ofKind(apiVersion, kind);
    return resource && storageOf(resource);
  };

/** Owns the kinds by path, as of the catalogue they were last read from. */
class KeptKinds {
  readonly #catalogue: Catalogue;
  #of: readonly ResourceDefinition[] | undefined;
  #byPath: ReadonlyMap<string, ResourceDefinition> = new Map();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  byPath(): ReadonlyMap<string, ResourceDefinition> {
    const { resources } = this.#catalogue;
    if (this.#of !== resources) {
      this.#of = resources;
      this.#byPath = new Map(keptResources(resources).map((resource) => [pathOf(resource), resource]));
    }
    return this.#byPath;
  }
}

const pathOf = (resource: ResourceDefinition): string => `${resource.group || 'core'}/${resource.plural}`;
const gcKey = (resource: ResourceDefinition, object: ApiObject): string => `${pathOf(resource)} ${keyOf(object)}`;

function find(view: CacheReader, resource: ResourceDefinition, name: string): ApiObject | undefined {
  const slash = name.indexOf('/');
  return slash < 0
    ? view.get(resource, undefined, name)
    : view.get(resource, name.slice(0, slash), name.slice(slash + 1));
}

/** Whom a change concerns: the object itself, those that depend on it, and dying owners that wait for it. */
function affected(view: CacheReader, resource: ResourceDefinition, change: Change, kindOf: KindLookUp): string[] {
  const { type, object, previous } = change;
  const refsChanged = type !== 'modified' || !sameOwners(object, previous);
  const dependents = type === 'deleted' ? view.dependentsOf(metaOf(object).uid ?? '') : [];
  const keys = dependents.map((dependent) => gcKey(dependent.resource, dependent.object));
  const hasOwners = (metaOf(object).ownerReferences?.length ?? 0) > 0;
  if (type !== 'deleted' && ((hasOwners && refsChanged) || isHeld(object))) keys.push(gcKey(resource, object));
  if (!refsChanged) return keys;
  for (const reference of [
    ...(object.metadata?.ownerReferences ?? []),
    ...(previous?.metadata?.ownerReferences ?? []),
  ]) {
    const owner = ownerOf(view, object, reference, kindOf);
    if (owner.type === 'present' && isHeld(owner.object)) keys.push(gcKey(owner.resource, owner.object));
  }
  return keys;
}

/** Being deleted, and held by a finalizer that is ours to take off. */
function isHeld(object: ApiObject): boolean {
  const { deletionTimestamp, finalizers } = metaOf(object);
  if (!deletionTimestamp || !finalizers) return false;
  return finalizers.includes(FOREGROUND_FINALIZER) || finalizers.includes(ORPHAN_FINALIZER);
}

type FoundOwner =
  | { readonly type: 'present'; readonly resource: ResourceDefinition; readonly object: ApiObject }
  | { readonly type: 'absent' }
  /** A kind we do not know, or a reference that cannot be: nothing is removed on such a ground. */
  | { readonly type: 'unknown' };

function ownerOf(view: CacheReader, dependent: ApiObject, reference: OwnerReference, kindOf: KindLookUp): FoundOwner {
  const resource = kindOf(reference.apiVersion, reference.kind);
  const { namespace } = metaOf(dependent);
  if (!resource || (resource.namespaced && !namespace)) return { type: 'unknown' };
  const object = view.get(resource, resource.namespaced ? namespace : undefined, reference.name);
  return object && metaOf(object).uid === reference.uid ? { type: 'present', resource, object } : { type: 'absent' };
}

/** Removes an object none of whose owners stays; takes references to owners that go off an object that has others. */
function collect(view: CacheReader, resource: ResourceDefinition, object: ApiObject, kindOf: KindLookUp): Decision[] {
  const { ownerReferences = [], finalizers = [], uid = '', deletionTimestamp } = metaOf(object);
  if (ownerReferences.length === 0 || deletionTimestamp) return [];
  const leaving = ownerReferences.filter((reference) => {
    const owner = ownerOf(view, object, reference, kindOf);
    return owner.type === 'absent' || (owner.type === 'present' && isWaiting(owner.object));
  });
  if (leaving.length === 0) return [];
  if (leaving.length < ownerReferences.length) return [disown(resource, object, new Set(leaving.map((r) => r.uid)))];
  if (finalizers.includes(ORPHAN_FINALIZER)) return [remove(resource, object, { propagationPolicy: 'Orphan' })];
  // A dependent of an owner that waits for it waits for its own dependents in turn.
  const waits = leaving.some((reference) => ownerOf(view, object, reference, kindOf).type === 'present');
  const dependents = waits ? view.dependentsOf(uid) : [];
  const blocking = ownerReferences.some(({ blockOwnerDeletion }) => blockOwnerDeletion);
  if (blocking && dependents.some((dependent) => isWaiting(dependent.object))) return [unblock(resource, object)];
  const foreground = finalizers.includes(FOREGROUND_FINALIZER) || dependents.length > 0;
  return [remove(resource, object, { propagationPolicy: foreground ? 'Foreground' : 'Background' })];
}

function isWaiting(owner: ApiObject): boolean {
  const { deletionTimestamp, finalizers } = metaOf(owner);
  return !!deletionTimestamp && !!finalizers?.includes(FOREGROUND_FINALIZER);
}

function orphanDependents(view: CacheReader, resource: ResourceDefinition, owner: ApiObject): Decision[] {
  const { uid = '' } = metaOf(owner);
  const dependents = view.dependentsOf(uid);
  if (dependents.length === 0) return [dropFinalizer(resource, owner, ORPHAN_FINALIZER)];
  return bounded(dependents.map((dependent) => disown(dependent.resource, dependent.object, new Set([uid]))));
}

function endDependents(
  view: CacheReader,
  resource: ResourceDefinition,
  owner: ApiObject,
  kindOf: KindLookUp,
): Decision[] {
  const { uid = '' } = metaOf(owner);
  // One that owns itself does not wait for itself.
  const dependents = view.dependentsOf(uid).filter(({ object }) => metaOf(object).uid !== uid);
  if (!dependents.some(({ object }) => blocks(object, uid))) {
    return [dropFinalizer(resource, owner, FOREGROUND_FINALIZER)];
  }
  if (waitsForItself(view, uid)) return [unblock(resource, owner)];
  return bounded(dependents.flatMap((dependent) => collect(view, dependent.resource, dependent.object, kindOf)));
}

const blocks = (dependent: ApiObject, ownerUid: string): boolean =>
  metaOf(dependent).ownerReferences?.some(({ uid, blockOwnerDeletion }) => uid === ownerUid && blockOwnerDeletion) ??
  false;

/** Whether it waits for dependents that wait for theirs, and so on to itself: somebody deleted all of a circle in the foreground. */
function waitsForItself(view: CacheReader, uid: string): boolean {
  const seen = new Set<string>();
  const next = [uid];
  for (let at = next.pop(); at !== undefined; at = next.pop()) {
    for (const { object } of view.dependentsOf(at)) {
      const found = metaOf(object).uid ?? '';
      if (found === at || seen.has(found) || !isWaiting(object) || !blocks(object, at)) continue;
      if (found === uid) return true;
      seen.add(found);
      next.push(found);
    }
  }
  return false;
}

const disown = (resource: ResourceDefinition, object: ApiObject, uids: ReadonlySet<string>): Decision =>
  update(resource, object, (current) => {
    metaOf(current).ownerReferences = withoutOwners(metaOf(current).ownerReferences, uids);
  });

/**
 * Lets the owners go before it. Where its own dependents wait for theirs already, all may stand in a circle in which each waits for the
 * next, for ever.
 */
const unblock = (resource: ResourceDefinition, object: ApiObject): Decision =>
  update(resource, object, (current) => {
    const meta = metaOf(current);
    meta.ownerReferences = meta.ownerReferences?.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
  });

const dropFinalizer = (resource: ResourceDefinition, object: ApiObject, finalizer: string): Decision =>
  update(resource, object, (current) => {
    metaOf(current).finalizers = without(metaOf(current).finalizers, finalizer);
  });

function sameOwners(a: ApiObject, b: ApiObject | undefined): boolean {
  const [left = [], right = []] = [a.metadata?.ownerReferences, b?.metadata?.ownerReferences];
  if (left.length !== right.length) return false;
  return left.every((reference, index) => {
    const other = right[index];
    return reference.uid === other?.uid && reference.blockOwnerDeletion === other?.blockOwnerDeletion;
  });
}
