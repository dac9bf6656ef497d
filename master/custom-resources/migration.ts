import type { Converter } from '../../api/apiextensions/resource.ts';
import { apiVersionOf, type ResourceDefinition, storeKey } from '../../api/meta/definition.ts';
import { metaOf } from '../../api/meta/object.ts';
import { encodeObject, revisionOf } from '../objects/encode.ts';
import type { CacheReader } from '../store/cache.ts';
import type { Store } from '../store/store.ts';

/** Objects that are converted and written together. */
const BATCH = 200;
const MAX_ROUNDS = 5;

/**
 * Rewrites the objects that are kept in another version than `kept`, by the webhook that converts them. Writers may be at it at the same
 * time, other masters too: who loses looks again. Rejects with the webhook's or the store's error, or when objects are left over.
 */
export async function migrate(
  store: Store,
  cache: CacheReader & { waitFor(revision: number): Promise<void> },
  kept: ResourceDefinition,
  convert: Converter,
): Promise<void> {
  const version = apiVersionOf(kept);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const foreign = cache.list(kept).filter(({ apiVersion }) => apiVersion !== version);
    if (foreign.length === 0) return;
    for (let at = 0; at < foreign.length; at += BATCH) {
      const batch = foreign.slice(at, at + BATCH);
      const converted = await convert(batch, version);
      const commits = batch.map((object, index) => {
        const key = storeKey(kept, metaOf(object).namespace, metaOf(object).name ?? '');
        const value = encodeObject(kept, converted[index]!);
        return store.commit({
          compares: [{ key, modRevision: revisionOf(object) }],
          ops: [{ type: 'put', key, value }],
        });
      });
      await Promise.all(commits);
    }
    await cache.waitFor(await store.revision());
  }
  throw new Error(`objects of ${kept.plural}.${kept.group} are still kept in another version than ${version}`);
}
