import { apiVersionOf, type ResourceDefinition } from '../../../api/meta/definition.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { type ApiObject, controllerOf, metaOf, type OwnerReference } from '../../../api/meta/object.ts';
import { type LabelSelector, matchesLabelSelector } from '../../../api/meta/selector.ts';
import type { CacheReader, Change } from '../../store/cache.ts';
import { type ControllerView, keyOf } from './controller.ts';
import { type Decision, update } from './decision.ts';

/** The reference by which `owner` controls another object. */
export function controllerReference(resource: ResourceDefinition, owner: ApiObject): OwnerReference {
  const { name = '', uid = '' } = metaOf(owner);
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The owner of `resource`'s kind that controls the object: the very one, not a namesake. */
export function controllingOwner<T extends ApiObject>(
  view: CacheReader,
  resource: ResourceDefinition<T>,
  object: ApiObject,
): T | undefined {
  const reference = controllerOf(object);
  if (!reference || reference.kind !== resource.kind || groupOf(reference.apiVersion) !== resource.group)
    return undefined;
  const owner = view.get(resource, metaOf(object).namespace, reference.name);
  return owner && metaOf(owner).uid === reference.uid ? owner : undefined;
}

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

export interface Claim<C extends ApiObject> {
  /** What the owner controls, including what it adopts in this pass. */
  readonly owned: C[];
  readonly decisions: Decision[];
}

/**
 * Settles what `owner` controls: children nobody controls and its selector matches are adopted, children its selector no
 * longer matches are let go (Kubernetes docs, "ReplicaSet", non-template pod acquisitions). A dying owner adopts nothing.
 */
export function claim<O extends ApiObject, C extends ApiObject>(
  view: ControllerView,
  owner: { resource: ResourceDefinition<O>; object: O; selector: LabelSelector | undefined },
  children: ResourceDefinition<C>,
  options: { adoptable?: (child: C) => boolean; finalizer?: string } = {},
): Claim<C> {
  const { namespace = '', uid = '', deletionTimestamp } = metaOf(owner.object);
  const decisions: Decision[] = [];
  const owned: C[] = [];
  for (const child of view.ownedBy(children, uid)) {
    if (matchesLabelSelector(owner.selector, metaOf(child).labels)) owned.push(child);
    // One that is going goes by itself, unless it is the owner's finalizer that holds it.
    else if (!metaOf(child).deletionTimestamp || holds(child, options.finalizer))
      decisions.push(release(children, child, uid, options.finalizer));
  }
  if (deletionTimestamp) return { owned, decisions };
  for (const child of view.ownerless(children, namespace, owner.selector)) {
    if (metaOf(child).deletionTimestamp || options.adoptable?.(child) === false) continue;
    owned.push(child);
    decisions.push(adopt(children, child, controllerReference(owner.resource, owner.object), options.finalizer));
  }
  return { owned, decisions };
}

const holds = (object: ApiObject, finalizer: string | undefined): boolean =>
  finalizer !== undefined && (metaOf(object).finalizers?.includes(finalizer) ?? false);

function adopt<C extends ApiObject>(
  resource: ResourceDefinition<C>,
  child: C,
  reference: OwnerReference,
  finalizer: string | undefined,
): Decision {
  return update(resource, child, (current) => {
    const meta = metaOf(current);
    // Somebody else was quicker, or it is on its way out: leave it.
    if (controllerOf(current) || meta.deletionTimestamp) return;
    meta.ownerReferences = [...(meta.ownerReferences ?? []).filter(({ uid }) => uid !== reference.uid), reference];
    if (finalizer) meta.finalizers = [...new Set([...(meta.finalizers ?? []), finalizer])];
  });
}

function release<C extends ApiObject>(
  resource: ResourceDefinition<C>,
  child: C,
  ownerUid: string,
  finalizer: string | undefined,
): Decision {
  return update(resource, child, (current) => {
    const meta = metaOf(current);
    meta.ownerReferences = withoutOwners(meta.ownerReferences, new Set([ownerUid]));
    if (finalizer) meta.finalizers = without(meta.finalizers, finalizer);
  });
}

/** The references that are left, or `undefined` when none is. */
export function withoutOwners(
  references: readonly OwnerReference[] | undefined,
  uids: ReadonlySet<string>,
): OwnerReference[] | undefined {
  const left = references?.filter(({ uid }) => !uids.has(uid)) ?? [];
  return left.length > 0 ? left : undefined;
}

/** The list without `entry`, or `undefined` when nothing is left. */
export function without(entries: readonly string[] | undefined, entry: string): string[] | undefined {
  const left = entries?.filter((candidate) => candidate !== entry) ?? [];
  return left.length > 0 ? left : undefined;
}

/**
 * Keys of the owners that a child's change concerns: who controls it, who controlled it before, and, when nobody does, whoever's
 * selector matches it.
 */
export function ownerKeys<O extends ApiObject, C extends ApiObject>(
  view: ControllerView,
  owners: ResourceDefinition<O>,
  selectorOf: (owner: O) => LabelSelector | undefined,
  { type, object, previous }: Change<C>,
): string[] {
  const keys = new Set<string>();
  for (const state of [object, previous]) {
    const owner = state && controllingOwner(view, owners, state);
    if (owner) keys.add(keyOf(owner));
  }
  const mayBeAdopted = !controllerOf(object) && type !== 'deleted';
  if (mayBeAdopted && (!previous || controllerOf(previous) || !sameLabels(previous, object))) {
    for (const owner of view.list(owners, metaOf(object).namespace)) {
      if (matchesLabelSelector(selectorOf(owner), metaOf(object).labels)) keys.add(keyOf(owner));
    }
  }
  return [...keys];
}

const sameLabels = (a: ApiObject, b: ApiObject): boolean => equalJson(a.metadata?.labels, b.metadata?.labels);
