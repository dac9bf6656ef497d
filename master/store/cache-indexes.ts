import { type ResourceDefinition, storePrefix } from '../../api/meta/definition.ts';
import { type ApiObject, controllerOf } from '../../api/meta/object.ts';

/** How objects are found by something other than their name. */
interface IndexDefinition {
  /** The terms an object is found under; none of them is empty. */
  terms(object: ApiObject, resource: ResourceDefinition): readonly string[];
}

const NONE: readonly string[] = [];
const termOf = (text: string | undefined): readonly string[] => (text ? [text] : NONE);

/** All indexes of the cache. One more line is one more index. */
const INDEXES = {
  /** By uid of the controlling owner. */
  controller: { terms: (object) => termOf(controllerOf(object)?.uid) },
  /** By uid of every owner. */
  owner: { terms: (object) => object.metadata?.ownerReferences?.map(({ uid }) => uid).filter(Boolean) ?? NONE },
  /** Pods by the node they are bound to. */
  node: { terms: (object, resource) => (isPods(resource) ? termOf((object as BoundPod).spec?.nodeName) : NONE) },
} satisfies Record<string, IndexDefinition>;

export type IndexName = keyof typeof INDEXES;

/** As much of a pod as the index by node reads. */
interface BoundPod extends ApiObject {
  spec?: { nodeName?: string };
}

const isPods = ({ group, plural }: ResourceDefinition) => group === '' && plural === 'pods';

export interface IndexEntry {
  /** Where the object is; its definition may be replaced by a newer one. */
  readonly collection: { readonly resource: ResourceDefinition };
  readonly object: ApiObject;
}

/** Owns, for each index, the objects under each term. A term that nothing stands under takes no room. */
export class CacheIndexes {
  readonly #indexes = new Map<IndexName, Map<string, Map<string, IndexEntry>>>();

  constructor() {
    for (const name of Object.keys(INDEXES)) this.#indexes.set(name as IndexName, new Map());
  }

  /** Replaces one state of an object by the next; either may be missing. `key` tells objects of one resource apart. */
  update(
    collection: IndexEntry['collection'],
    key: string,
    previous: ApiObject | undefined,
    next: ApiObject | undefined,
  ): void {
    const { resource } = collection;
    for (const [name, index] of this.#indexes) {
      const { terms }: IndexDefinition = INDEXES[name];
      const before = previous ? terms(previous, resource) : NONE;
      const after = next ? terms(next, resource) : NONE;
      if (before.length === 0 && after.length === 0) continue;
      const id = storePrefix(resource) + key;
      for (const term of before) if (!after.includes(term)) removeFrom(index, term, id);
      for (const term of after) addTo(index, term, id, { collection, object: next! });
    }
  }

  /** Everything under a term, in the order it came there. */
  find(name: IndexName, term: string): IndexEntry[] {
    return [...(this.#indexes.get(name)?.get(term)?.values() ?? [])];
  }
}

function addTo(index: Map<string, Map<string, IndexEntry>>, term: string, id: string, entry: IndexEntry): void {
  const entries = index.get(term);
  if (entries) entries.set(id, entry);
  else index.set(term, new Map([[id, entry]]));
}

function removeFrom(index: Map<string, Map<string, IndexEntry>>, term: string, id: string): void {
  const entries = index.get(term);
  if (!entries?.delete(id)) return;
  if (entries.size === 0) index.delete(term);
}
