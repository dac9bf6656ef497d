import type { Collection } from './cache-collection.ts';
import type { CacheContents, Update } from './cache-contents.ts';
import { compareKeys } from './key-range.ts';
import type { Revision, Store, StoredValue } from './store.ts';

/** Objects fetched at once. */
const PAGE = 2_000;

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
  const updates: Update[] = [];
  const seen = new Map<Collection, Set<string>>(contents.collections.map((collection) => [collection, new Set()]));
  let revision: Revision | undefined;
  let after: string | undefined;
  for (;;) {
    const page = await store.list(prefix, { revision, limit: PAGE, after });
    revision = page.revision;
    for (const value of page.values) updates.push(...updatesFor(contents, value, seen));
    if (page.remaining === 0) break;
    after = page.values.at(-1)?.key;
  }
  for (const [collection, keys] of seen) updates.push(...goneFrom(collection, keys, revision));
  updates.sort((a, b) => a.revision - b.revision || compareKeys(a.key, b.key));
  return { revision, updates };
}

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
