import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Logger } from '../../platform/log.ts';
import type { Change } from './cache.ts';
import { Collection, type Subscriber } from './cache-collection.ts';
import { CacheIndexes } from './cache-indexes.ts';
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
  readonly collections: readonly Collection[];
  readonly indexes = new CacheIndexes();
  revision: Revision = 0;
  readonly #byResource = new Map<ResourceDefinition<never>, Collection>();
  readonly #byPrefix = new Map<string, Collection>();
  readonly #warned = new Set<string>();
  readonly #log: Logger;
  readonly #onChange: (change: Change, resource: ResourceDefinition) => void;

  constructor(
    resources: readonly ResourceDefinition[],
    historySize: number,
    log: Logger,
    onChange: (change: Change, resource: ResourceDefinition) => void,
  ) {
    this.#log = log;
    this.#onChange = onChange;
    this.collections = resources.map((resource) => new Collection(resource, historySize));
    for (const collection of this.collections) {
      this.#byResource.set(collection.resource, collection);
      this.#byPrefix.set(collection.prefix, collection);
    }
  }

  collectionOf(resource: ResourceDefinition<never>): Collection {
    const collection = this.#byResource.get(resource);
    if (!collection) throw new Error(`The cache was not told to hold ${resource.plural}; register the resource.`);
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
    const change = changeOf(previous, object, revision);
    if (!change) return [];
    if (object) collection.objects.set(key, object);
    else collection.objects.delete(key);
    this.indexes.update(collection.resource, key, previous, object);
    collection.history.push(change);
    this.#onChange(change, collection.resource);
    return collection.subscribers.length > 0 ? [{ change, subscribers: collection.subscribers }] : [];
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
