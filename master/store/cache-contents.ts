import { type ResourceDefinition, storePrefix } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Logger } from '../../platform/log.ts';
import { type Change, KindNotHeld } from './cache.ts';
import { Collection } from './cache-collection.ts';
import { CacheIndexes } from './cache-indexes.ts';
import { SharedParts } from './cache-sharing.ts';
import type { Subscriber } from './cache-subscribers.ts';
import type { Revision, StoredValue } from './store.ts';

/** The next state of one object; undefined: it is gone. */
export interface Update {
  readonly collection: Collection;
  readonly key: string;
  readonly object: ApiObject | undefined;
  readonly revision: Revision;
}

interface Delivery {
  readonly change: Change;
  readonly subscribers: readonly Subscriber[];
}

/** Kinds of keys the log has warned of; beyond this many it stays silent. */
const MAX_WARNED = 100;

/**
 * Owns the objects, their indexes and histories, and delivers changes. Invariant: subscribers run only when everything of the
 * revision they are told of, and of all before it, is in place.
 */
export class CacheContents {
  readonly collections: Collection[] = [];
  readonly indexes = new CacheIndexes();
  revision: Revision = 0;
  readonly #byResource = new Map<ResourceDefinition<never>, Collection>();
  readonly #byPrefix = new Map<string, Collection>();
  readonly #parts = new SharedParts();
  readonly #warned = new Set<string>();
  readonly #historySize: number;
  readonly #log: Logger;
  readonly #onChange: (change: Change, resource: ResourceDefinition) => void;

  constructor(
    resources: readonly ResourceDefinition[],
    historySize: number,
    log: Logger,
    onChange: (change: Change, resource: ResourceDefinition) => void,
  ) {
    this.#historySize = historySize;
    this.#log = log;
    this.#onChange = onChange;
    for (const resource of resources) this.show(this.begin(resource));
  }

  /** A collection that is told of changes from now on, and that nobody sees before `show`. */
  begin(resource: ResourceDefinition): Collection {
    const collection = new Collection(resource, this.#historySize);
    this.collections.push(collection);
    this.#byPrefix.set(collection.prefix, collection);
    return collection;
  }

  show(collection: Collection): void {
    collection.touched = undefined;
    this.#byResource.set(collection.resource, collection);
  }

  /** Puts in what was in the store before, except what has changed since. Nobody is told: nobody could see it yet. */
  fill(collection: Collection, values: readonly StoredValue[]): void {
    for (const value of values) {
      const place = this.place(value.key);
      if (place?.collection !== collection || collection.touched?.has(place.key)) continue;
      const object = this.decode(value);
      if (!object) continue;
      collection.objects.set(place.key, object);
      this.indexes.update(collection, place.key, undefined, object);
    }
  }

  /** Forgets a collection and all that is in it. Nobody is told. */
  end(collection: Collection): void {
    for (const key of collection.objects.keys()) {
      this.indexes.update(collection, key, collection.objects.get(key), undefined);
    }
    this.collections.splice(this.collections.indexOf(collection), 1);
    this.#byPrefix.delete(collection.prefix);
    for (const [resource, held] of this.#byResource) if (held === collection) this.#byResource.delete(resource);
    collection.subscribers.clear();
  }

  /** The collection of a resource, by whichever of its definitions; undefined where there is none, seen or not. */
  find(resource: ResourceDefinition<never>): Collection | undefined {
    return this.#byResource.get(resource) ?? this.#byPrefix.get(storePrefix(resource));
  }

  collectionOf(resource: ResourceDefinition<never>): Collection {
    const collection = this.find(resource);
    if (!collection || collection.touched)
      throw new KindNotHeld(`The cache was not told to hold ${resource.plural}; register the resource.`);
    return collection;
  }

  /** Where a key of the store belongs; undefined, with one warning per kind, for what this cell does not know. */
  place(key: string): { collection: Collection; key: string } | undefined {
    const group = key.indexOf('/', 1) + 1;
    const plural = key.indexOf('/', group) + 1;
    const end = key.indexOf('/', plural) + 1;
    const prefix = key.slice(0, end);
    const collection = this.#byPrefix.get(prefix);
    const rest = key.slice(end);
    if (collection?.accepts(rest)) return { collection, key: rest };
    this.#warnOnce(collection ? `${prefix} (bad name)` : prefix || key, key);
    return undefined;
  }

  /** Decodes a stored value; undefined, with a line in the log, where it is not an object of the API. */
  decode({ key, value, modRevision }: StoredValue): ApiObject | undefined {
    try {
      const object = JSON.parse(value) as ApiObject;
      if (typeof object !== 'object' || object === null || Array.isArray(object))
        throw new Error('it is not a JSON object');
      const metadata = object.metadata ?? {};
      if (typeof metadata !== 'object') throw new Error('its metadata is not a JSON object');
      object.metadata = metadata;
      metadata.resourceVersion = String(modRevision);
      this.#parts.share(object);
      return object;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log.error(
        { key, revision: modRevision, error: why },
        'a value in the store cannot be read; leaving it out',
      );
      return undefined;
    }
  }

  /** Applies updates in order of revision, whole revisions at a time, telling the subscribers after each. */
  apply(updates: readonly Update[]): void {
    for (let start = 0; start < updates.length; ) {
      const { revision } = updates[start]!;
      let end = start;
      while (updates[end]?.revision === revision) end += 1;
      const deliveries = updates.slice(start, end).flatMap((update) => this.#applyOne(update));
      this.revision = Math.max(this.revision, revision);
      for (const delivery of deliveries) this.#deliver(delivery);
      start = end;
    }
  }

  #applyOne({ collection, key, object, revision }: Update): Delivery[] {
    const previous = collection.objects.get(key);
    collection.touched?.add(key);
    const change = changeOf(previous, object, revision);
    if (!change) return [];
    if (object) collection.objects.set(key, object);
    else collection.objects.delete(key);
    this.indexes.update(collection, key, previous, object);
    collection.history.push(change);
    this.#onChange(change, collection.resource);
    const subscribers = collection.subscribers.of(change);
    return subscribers.length > 0 ? [{ change, subscribers }] : [];
  }

  #deliver({ change, subscribers }: Delivery): void {
    for (const subscriber of subscribers) {
      if (!subscriber.active) continue;
      try {
        subscriber.handler(change);
      } catch (error) {
        const { kind, metadata } = change.object;
        const stack = error instanceof Error ? error.stack : String(error);
        this.#log.error({ kind, name: metadata?.name, error: stack }, 'a subscriber of the cache failed');
      }
    }
  }

  #warnOnce(what: string, key: string): void {
    if (this.#warned.has(what) || this.#warned.size >= MAX_WARNED) return;
    this.#warned.add(what);
    this.#log.warn({ key, what }, 'the store holds keys of a kind this master does not know; leaving them alone');
  }
}

function changeOf(
  previous: ApiObject | undefined,
  object: ApiObject | undefined,
  revision: Revision,
): Change | undefined {
  if (object) return previous ? { type: 'modified', object, previous, revision } : { type: 'added', object, revision };
  if (!previous) return undefined;
  const metadata = { ...previous.metadata, resourceVersion: String(revision) };
  return { type: 'deleted', object: { ...previous, metadata }, previous, revision };
}
