import type { Collection } from './cache-collection.ts';
import type { CacheContents, Update } from './cache-contents.ts';
import { compareKeys } from './key-range.ts';
import type { ListResult, Revision, Store, StoredValue } from './store.ts';

/** Objects fetched at once. Few requests, since a store may have to count all that follow for each. */
const PAGE = 10_000;
/** Objects read before others have a turn, such as whoever receives the next page. */
const SLICE = 500;

/** What turns the contents of a cache into those of the store at one revision. */
export interface Snapshot {
  readonly revision: Revision;
  /** In order of revision. */
  readonly updates: readonly Update[];
}

/**
 * Reads everything under `prefix` at one revision, page by page, and tells how `contents` differs. What the cache holds already
 * is not decoded again. Rejects as `Store.list` does; nothing has happened to the cache then, nor has it when this resolves.
 */
export async function readSnapshot(store: Store, prefix: string, contents: CacheContents): Promise<Snapshot> {
  const { collections } = contents;
  const updates: Update[] = [];
  const held = collections.filter(({ objects }) => objects.size > 0);
  const seen = new Map<Collection, Set<string>>(held.map((collection) => [collection, new Set()]));
  let revision = 0;
  for await (const page of pages(store, prefix)) {
    revision = page.revision;
    for (let start = 0; start < page.values.length; start += SLICE) {
      if (start > 0) await nextTurn();
      for (const value of page.values.slice(start, start + SLICE)) updates.push(...updatesFor(contents, value, seen));
    }
  }
  for (const [collection, keys] of seen) updates.push(...goneFrom(collection, keys, revision));
  // Where nothing was and nobody listens, nobody can tell in which order all came.
  const isFirst = held.length === 0 && collections.every(({ subscribers }) => subscribers.none);
  if (!isFirst) updates.sort((a, b) => a.revision - b.revision || compareKeys(a.key, b.key));
  return { revision, updates };
}

/** Everything under `prefix` at one revision. Rejects as `Store.list` does. */
export async function listAll(store: Store, prefix: string): Promise<StoredValue[]> {
  const values: StoredValue[] = [];
  for await (const page of pages(store, prefix)) for (const value of page.values) values.push(value);
  return values;
}

/** All pages at one revision. Each is asked for before the one before it is read: the store works meanwhile. */
async function* pages(store: Store, prefix: string): AsyncGenerator<ListResult> {
  let next: Promise<ListResult> | undefined = store.list(prefix, { limit: PAGE });
  while (next) {
    const page: ListResult = await next;
    const { revision, values, remaining } = page;
    next = remaining > 0 ? store.list(prefix, { revision, limit: PAGE, after: values.at(-1)?.key }) : undefined;
    // Whoever reads on hears of a failure; nobody has to.
    next?.catch(() => undefined);
    if (next) await nextTurn();
    yield page;
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function updatesFor(contents: CacheContents, value: StoredValue, seen: Map<Collection, Set<string>>): Update[] {
  const place = contents.place(value.key);
  if (!place) return [];
  seen.get(place.collection)?.add(place.key);
  const revision = value.modRevision;
  const known = place.collection.objects.get(place.key);
  if (known?.metadata?.resourceVersion === String(revision)) return [];
  const object = contents.decode(value);
  if (!object) return [];
  // Another object under the name of one that is gone: both are told.
  const replaced = known && known.metadata?.uid !== object.metadata?.uid;
  return replaced
    ? [
        { ...place, object: undefined, revision },
        { ...place, object, revision },
      ]
    : [{ ...place, object, revision }];
}

/** Objects the cache holds and the store does not; when exactly they went is no longer known. */
function goneFrom(collection: Collection, seen: ReadonlySet<string>, revision: Revision): Update[] {
  return [...collection.objects.keys()]
    .filter((key) => !seen.has(key))
    .map((key) => ({ collection, key, object: undefined, revision }));
}
