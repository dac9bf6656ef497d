import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Revision } from './store.ts';

/**
 * What the watch cache offers. All reads of the API, scheduler, controllers and agents' server come from it. Objects it hands
 * out are shared: nobody may change them (take `structuredClone` first). `metadata.resourceVersion` is the store's revision.
 */
export interface Change<T extends ApiObject = ApiObject> {
  readonly type: 'added' | 'modified' | 'deleted';
  /** The object after the change; for `deleted`, its last state with `resourceVersion` of the deletion. */
  readonly object: T;
  /** The state before; absent for `added`. */
  readonly previous?: T;
  readonly revision: Revision;
}

/** A part of a resource: the objects that `read` gives `value` for. Those who read alike share one function, and an index by it. */
export interface Interest<T extends ApiObject = ApiObject> {
  readonly read: (object: T) => string;
  readonly value: string;
}

/** A stretch of a resource's objects in key order, at one revision. */
export interface Stretch {
  readonly revision: Revision;
  /** Only this namespace's. */
  readonly namespace?: string | undefined;
  /** Only those after this place: `namespace/name`, or `name`. */
  readonly after?: string | undefined;
}

export interface CacheReader {
  /** Everything up to and including this revision is visible. */
  readonly revision: Revision;
  get<T extends ApiObject>(resource: ResourceDefinition<T>, namespace: string | undefined, name: string): T | undefined;
  /** All objects, or one namespace's, in key order. */
  list<T extends ApiObject>(resource: ResourceDefinition<T>, namespace?: string): T[];
  /** Objects whose controlling owner (`ownerReferences[].controller`) has this uid. Indexed. */
  ownedBy<T extends ApiObject>(resource: ResourceDefinition<T>, ownerUid: string): T[];
  /** Any object that names this uid among its owners, of every kind. Indexed. */
  dependentsOf(ownerUid: string): { resource: ResourceDefinition; object: ApiObject }[];
  /** Pods bound to a node. Indexed. */
  podsOn(nodeName: string): ApiObject[];
}

export interface CacheFeed {
  /**
   * Calls `handler` synchronously for each change of the resource, in revision order, after every index is up to date. It is
   * not told of what is already there: `list` first, in the same tick. With an interest it is told only of changes of objects that
   * are of interest before or after, at no cost for all others. Returns the function that ends it.
   */
  subscribe<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    handler: (change: Change<T>) => void,
    interest?: Interest<T>,
  ): () => void;
  /**
   * Calls `handler` where changes may have been passed over, before their sum is told: the store had forgotten them when the cache asked.
   * Whoever promised to tell each change has to begin anew. Returns the function that ends it.
   */
  onGap(handler: () => void): () => void;
  /** Changes of the resource after `revision`, oldest first, or `undefined` when the bounded history no longer reaches back. */
  changesSince<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    revision: Revision,
  ): readonly Change<T>[] | undefined;
  /**
   * Objects in key order as they were at a revision that the cache has seen; to be read on in the same tick. Undefined when the
   * bounded history does not reach back to it.
   */
  listAt<T extends ApiObject>(resource: ResourceDefinition<T>, stretch: Stretch): Iterable<T> | undefined;
  /** How many objects there are in all namespaces. */
  count(resource: ResourceDefinition): number;
  /** When the store was last heard of, in milliseconds of the monotonic clock. Absent: nobody keeps that. */
  readonly heardMs?: number;
  /** Resolves once `revision` is visible. Rejects with `StoreUnavailable` after `timeoutMs`. */
  waitFor(revision: Revision, timeoutMs?: number): Promise<void>;
  /** Resolves once all is visible that was written before the call. Rejects with `StoreUnavailable` where that cannot be known. */
  catchUp(): Promise<void>;
  /** The object as JSON, made once per revision and shared by all who ask, for as long as somebody does. */
  json(object: ApiObject): string;
  /**
   * Tells the cache of an object before its JSON (`value`, without a resource version) is put under `key`, so that it need not
   * read it again when it comes back. From here on the object is shared. Returns how to have it as stored, once it is.
   */
  expect<T extends ApiObject>(key: string, value: string, object: T): (revision: Revision) => T;
}

/** Asked for a kind that the cache does not hold, or holds no longer. */
export class KindNotHeld extends Error {
  override readonly name = 'KindNotHeld';
}

/** Takes kinds on and off while the cache runs. */
export interface CacheHolder {
  /**
   * Resolves once the cache shows the resource with all that the store has of it, at the cache's revision; from then on it is followed
   * like any other. Of a resource that is held already the definition alone is replaced, at once. Rejects with the store's error,
   * and then nothing is held. One caller at a time for each resource.
   */
  hold(resource: ResourceDefinition): Promise<void>;
  /** Forgets the resource. Its subscribers are told nothing, and nothing more: whoever decides this tells them. */
  drop(resource: ResourceDefinition): void;
}

export interface Cache extends CacheReader, CacheFeed {}
