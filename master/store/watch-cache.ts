import { keptResources } from '../../api/meta/catalogue.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import type { Registry } from '../../platform/metrics.ts';
import { AgingMemo } from './aging-memo.ts';
import type { Cache, CacheHolder, Change, Interest, Stretch } from './cache.ts';
import type { Collection } from './cache-collection.ts';
import { CacheContents, type Update } from './cache-contents.ts';
import { cacheMetrics } from './cache-metrics.ts';
import { listAll, readSnapshot } from './cache-snapshot.ts';
import { OwnWrites } from './own-writes.ts';
import { RevisionWaiters } from './revision-waiters.ts';
import {
  type Revision,
  RevisionCompacted,
  type Store,
  StoreUnavailable,
  type Watch,
  type WatchEvent,
} from './store.ts';

export interface WatchCacheOptions {
  readonly store: Store;
  /** Held from the start. Of those that are kept in the form of another, that other; of those that are not kept at all, nothing. */
  readonly resources: readonly ResourceDefinition[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Registry;
  /** Changes kept per resource for `changesSince`. Default 8,192. */
  readonly historySize?: number;
}

/** Where objects live in the store. */
const PREFIX = '/registry/';
const WAIT_MS = 5_000;
const FILL_WAIT_MS = 30_000;
/** Pauses between attempts to watch again: doubled from the first to the longest. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/**
 * The one view in memory. Lists the store at one revision, then follows a watch. When the watch is lost it goes on from the last
 * revision seen; where the store has forgotten that, it lists again and tells the differences as changes, so that subscribers
 * miss nothing but states in between.
 */
export class WatchCache implements Cache, CacheHolder, Service {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #contents: CacheContents;
  readonly #waiters: RevisionWaiters;
  readonly #texts: AgingMemo<ApiObject, string>;
  readonly #ownWrites = new OwnWrites();
  #watch: Watch | undefined;
  #failures = 0;
  #heardMs = 0;
  /** Times that everything was listed. */
  #loads = 0;
  readonly #onGap = new Set<() => void>();
  #stopping = new AbortController();

  constructor({ store, resources, clock, log, metrics, historySize = 8_192 }: WatchCacheOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#texts = new AgingMemo(clock);
    this.#waiters = new RevisionWaiters(clock);
    const counts = cacheMetrics(metrics, () => this.#contents);
    this.#contents = new CacheContents(keptResources(resources), historySize, log, counts.changed);
  }

  /** Resolves once the cache shows the store. Rejects with the store's error when that cannot be read. */
  async start(signal?: AbortSignal): Promise<void> {
    this.#stopping = new AbortController();
    signal?.addEventListener('abort', () => void this.stop(), { once: true });
    await this.#load();
    this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new StoreUnavailable('The cache has stopped.'));
    this.#watch?.stop();
    this.#watch = undefined;
    this.#waiters.rejectAll(this.#stopping.signal.reason);
  }

  get heardMs(): number {
    return this.#heardMs;
  }

  get revision(): Revision {
    return this.#contents.revision;
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

  count(resource: ResourceDefinition): number {
    return this.#contents.collectionOf(resource).objects.size;
  }

  listAt<T extends ApiObject>(resource: ResourceDefinition<T>, stretch: Stretch): Iterable<T> | undefined {
    return this.#contents.collectionOf(resource).listAt(stretch) as Iterable<T> | undefined;
  }

  ownedBy<T extends ApiObject>(resource: ResourceDefinition<T>, ownerUid: string): T[] {
    const { resource: wanted } = this.#contents.collectionOf(resource);
    const owned = this.#contents.indexes.find('controller', ownerUid);
    return owned.filter(({ collection }) => collection.resource === wanted).map(({ object }) => object as T);
  }

  dependentsOf(ownerUid: string): { resource: ResourceDefinition; object: ApiObject }[] {
    const found = this.#contents.indexes.find('owner', ownerUid);
    return found.map(({ collection, object }) => ({ resource: collection.resource, object }));
  }

  podsOn(nodeName: string): ApiObject[] {
    return this.#contents.indexes.find('node', nodeName).map(({ object }) => object);
  }

  subscribe<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    handler: (change: Change<T>) => void,
    interest?: Interest<T>,
  ): () => void {
    const collection = this.#contents.collectionOf(resource);
    return collection.subscribe(handler as (change: Change) => void, interest as Interest | undefined);
  }

  onGap(handler: () => void): () => void {
    this.#onGap.add(handler);
    return () => void this.#onGap.delete(handler);
  }

  changesSince<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    revision: Revision,
  ): readonly Change<T>[] | undefined {
    return this.#contents.collectionOf(resource).history.since(revision) as Change<T>[] | undefined;
  }

  async waitFor(revision: Revision, timeoutMs: number = WAIT_MS): Promise<void> {
    if (this.revision >= revision) return;
    if (this.#stopping.signal.aborted) throw this.#stopping.signal.reason;
    await this.#waiters.add(revision, timeoutMs, () => this.revision);
  }

  async catchUp(): Promise<void> {
    await this.waitFor(await this.#store.revision());
  }

  json(object: ApiObject): string {
    return this.#texts.get(object, () => this.#ownWrites.json(object) ?? JSON.stringify(object));
  }

  expect<T extends ApiObject>(key: string, value: string, object: T): (revision: Revision) => T {
    return this.#ownWrites.expect(key, value, object) as (revision: Revision) => T;
  }

  async hold(resource: ResourceDefinition): Promise<void> {
    const held = this.#contents.find(resource);
    if (held) {
      held.resource = resource;
      return;
    }
    const collection = this.#contents.begin(resource);
    try {
      await this.#fill(collection);
    } catch (error) {
      this.#contents.end(collection);
      throw error;
    }
    collection.history.reset(this.revision);
    this.#contents.show(collection);
  }

  drop(resource: ResourceDefinition): void {
    const held = this.#contents.find(resource);
    if (held) this.#contents.end(held);
  }

  /** Reads what the store has of a new collection, which is told of changes meanwhile. */
  async #fill(collection: Collection): Promise<void> {
    for (;;) {
      const loads = this.#loads;
      collection.touched = new Set();
      const values = await listAll(this.#store, collection.prefix);
      // What came before the list is known when the watch has come as far: then the two can be joined.
      await this.waitFor(await this.#store.revision(), FILL_WAIT_MS);
      // A watch that was lost meanwhile may have passed over deletions.
      if (this.#loads !== loads) continue;
      this.#contents.fill(collection, values);
      return;
    }
  }

  /** Brings the contents to the newest revision of the store. */
  async #load(): Promise<void> {
    this.#loads += 1;
    const contents = this.#contents;
    const { revision, updates } = await readSnapshot(this.#store, PREFIX, contents);
    if (this.#stopping.signal.aborted) return;
    const first = contents.revision === 0;
    const wentBack = revision < contents.revision;
    if (wentBack) {
      const found = { revision, before: contents.revision };
      this.#log.error(found, 'the store has gone back in time, perhaps to a backup; following it');
      contents.revision = revision;
    }
    if (!first) for (const tell of [...this.#onGap]) tell();
    contents.apply(updates);
    for (const collection of contents.collections) {
      // What is there at first is not a change, and of what was passed over since there is the sum alone.
      collection.history.reset(revision);
      collection.listedAt(revision);
    }
    this.#see(revision);
  }

  #follow(): void {
    if (this.#stopping.signal.aborted) return;
    this.#watch = this.#store.watch(PREFIX, this.revision, {
      events: (events, revision) => {
        this.#failures = 0;
        this.#contents.apply(events.flatMap((event) => this.#updateOf(event)));
        this.#see(revision);
      },
      lost: (reason) => {
        this.#watch = undefined;
        void this.#recover(reason);
      },
    });
  }

  /** Everything up to `revision` is visible. */
  #see(revision: Revision): void {
    this.#heardMs = this.#clock.monotonicMs();
    this.#contents.revision = Math.max(this.#contents.revision, revision);
    this.#waiters.reached(this.#contents.revision);
    this.#texts.age();
  }

  #updateOf(event: WatchEvent): Update[] {
    const { key, modRevision: revision } = event.type === 'put' ? event.value : event;
    const place = this.#contents.place(key);
    if (!place) return [];
    if (event.type === 'delete') return [{ ...place, object: undefined, revision }];
    const object = this.#ownWrites.find(key, event.value.value, revision) ?? this.#contents.decode(event.value);
    return object ? [{ ...place, object, revision }] : [];
  }

  /** Watches again, after listing again where it must; tries until it succeeds or the cache stops. Never rejects. */
  async #recover(lost: unknown): Promise<void> {
    const { signal } = this.#stopping;
    let reason = lost;
    while (!signal.aborted) {
      this.#log.warn({ error: String(reason), revision: this.revision }, 'the watch of the store was lost; going on');
      try {
        await this.#pause(signal);
        if (reason instanceof RevisionCompacted) await this.#load();
        this.#follow();
        return;
      } catch (error) {
        // A list that could not be made still has to be made.
        if (!(reason instanceof RevisionCompacted)) reason = error;
      }
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const pauseMs = this.#failures === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - 1));
    this.#failures += 1;
    if (pauseMs > 0) await sleep(this.#clock, pauseMs, signal);
  }
}
