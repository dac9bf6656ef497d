import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import type { Rng } from '../../platform/rng.ts';
import type { Cache, Change } from '../store/cache.ts';
import type { Collection } from '../store/cache-collection.ts';
import { CacheContents, type Update } from '../store/cache-contents.ts';
import { type Mirror, Reflector } from './reflector.ts';
import type { RemoteApi } from './remote-api.ts';

export interface RemoteCacheOptions {
  readonly api: RemoteApi;
  readonly resources: readonly ResourceDefinition[];
  /** Of these, what servers may lack. */
  readonly isOptional: (resource: ResourceDefinition) => boolean;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
}

interface Part {
  readonly collection: Collection;
  readonly reflector: Reflector;
}

/** Nobody asks for the past. */
const HISTORY = 1;

/**
 * What an API server has of some resources, in memory. Each is followed for itself: within one, changes come in the server's order;
 * between two, in none.
 *
 * Owns: the objects and one reflector per resource, from `start` to `stop`.
 */
export class RemoteCache implements Pick<Cache, 'get' | 'list' | 'subscribe'>, Service {
  readonly #contents: CacheContents;
  readonly #parts: readonly Part[];
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor({ api, resources, isOptional, clock, rng, log }: RemoteCacheOptions) {
    this.#contents = new CacheContents(resources, HISTORY, log, () => undefined);
    this.#parts = this.#contents.collections.map((collection) => {
      const { resource } = collection;
      const mirror = this.#mirror(collection);
      const optional = isOptional(resource);
      return { collection, reflector: new Reflector({ resource, optional, mirror, api, clock, rng, log }) };
    });
  }

  /** Resolves once all the server has is here, however long that takes, or when `stop` is called. */
  async start(): Promise<void> {
    const listed = this.refresh();
    this.#running = Promise.all(this.#parts.map(({ reflector }) => reflector.run(this.#stopping.signal)));
    await listed;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#running;
  }

  /** Resolves once all that the server had of the resource (default: of all) when this was called is here. */
  async refresh(resource?: ResourceDefinition<never>): Promise<void> {
    const wanted = resource && this.#contents.collectionOf(resource);
    const parts = this.#parts.filter(({ collection }) => !wanted || collection === wanted);
    await Promise.all(parts.map(({ reflector }) => reflector.refresh()));
  }

  /** Whether `get` knows of the resource. */
  holds(resource: ResourceDefinition<never>): boolean {
    return this.#contents.find(resource) !== undefined;
  }

  get<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string | undefined,
    name: string,
  ): T | undefined {
    const collection = this.#contents.collectionOf(resource);
    return collection.objects.get(collection.keyOf(namespace, name)) as T | undefined;
  }

  list<T extends ApiObject>(resource: ResourceDefinition<T>, namespace?: string): T[] {
    return this.#contents.collectionOf(resource).list(namespace) as T[];
  }

  subscribe<T extends ApiObject>(resource: ResourceDefinition<T>, handler: (change: Change<T>) => void): () => void {
    return this.#contents.collectionOf(resource).subscribe(handler as (change: Change) => void);
  }

  #mirror(collection: Collection): Mirror {
    const contents = this.#contents;
    return {
      replace(objects, version) {
        const seen = new Set(objects.map((object) => keyIn(collection, object)));
        const gone = [...collection.objects.keys()].filter((key) => !seen.has(key));
        // First who has gone: there may be room for others.
        const removals = gone.map((key) => ({ collection, key, object: undefined, revision: numberOf(version) }));
        contents.apply([...removals, ...objects.flatMap((object) => updatesFor(collection, object))]);
      },
      put: (object) => contents.apply(updatesFor(collection, object)),
      remove(object) {
        const revision = numberOf(object.metadata?.resourceVersion);
        contents.apply([{ collection, key: keyIn(collection, object), object: undefined, revision }]);
      },
    };
  }
}

const keyIn = (collection: Collection, { metadata }: ApiObject): string =>
  collection.keyOf(metadata?.namespace, metadata?.name ?? '');

/** Versions are numbers on every server there is; only the order in which changes are told rests on it, within one call. */
const numberOf = (version: string | undefined): number => Number(version) || 0;

function updatesFor(collection: Collection, object: ApiObject): Update[] {
  const { resource } = collection;
  const key = keyIn(collection, object);
  const known = collection.objects.get(key);
  if (known?.metadata?.resourceVersion === object.metadata?.resourceVersion && known) return [];
  // Within a list, objects do not say what they are.
  object.apiVersion ??= apiVersionOf(resource);
  object.kind ??= resource.kind;
  const update = { collection, key, object, revision: numberOf(object.metadata?.resourceVersion) };
  // Another object under the name of one that is gone: both are told.
  const replaced = known && known.metadata?.uid !== object.metadata?.uid;
  return replaced ? [{ ...update, object: undefined }, update] : [update];
}
