import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiObject, controllerOf, metaOf } from '../../../api/meta/object.ts';
import { type LabelSelector, matchesLabelSelector } from '../../../api/meta/selector.ts';
import type { Cache, Change } from '../../store/cache.ts';

/**
 * Finds the objects that no controller owns, so that looking for something to adopt does not walk through a whole namespace.
 *
 * Owns: per kind, namespace and label, the objects without a controlling owner, from when somebody first asks for the kind. Kept up
 * to date by the cache's changes; must be started before whoever asks it subscribes.
 */
export class OwnerlessIndex {
  readonly #cache: Cache;
  readonly #resources: readonly ResourceDefinition[];
  readonly #buckets = new Map<string, Map<string, ApiObject>>();
  /** Kinds nobody has asked for yet. */
  #unasked = new Set<ResourceDefinition<never>>();
  #unsubscribe: (() => void)[] = [];

  constructor(cache: Cache, resources: readonly ResourceDefinition[]) {
    this.#cache = cache;
    this.#resources = resources;
  }

  start(): void {
    this.#unasked = new Set(this.#resources);
    for (const resource of this.#resources) {
      const apply = (change: Change) => {
        if (!this.#unasked.has(resource)) this.#apply(resource, change);
      };
      this.#unsubscribe.push(this.#cache.subscribe(resource, apply));
    }
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#unsubscribe = [];
    this.#buckets.clear();
    this.#unasked.clear();
  }

  find<T extends ApiObject>(
    resource: ResourceDefinition<T>,
    namespace: string,
    selector: LabelSelector | undefined,
  ): T[] {
    this.#ask(resource);
    const bucket = this.#smallest(bucketsOf(resource, namespace, selector?.matchLabels));
    if (!bucket) return [];
    return ([...bucket.values()] as T[]).filter((object) => matchesLabelSelector(selector, metaOf(object).labels));
  }

  #ask<T extends ApiObject>(resource: ResourceDefinition<T>): void {
    if (!this.#unasked.delete(resource)) return;
    for (const object of this.#cache.list(resource)) this.#add(resource, object);
  }

  /** Every matching object stands in all of these buckets; the smallest is the quickest to go through. */
  #smallest(names: readonly string[]): Map<string, ApiObject> | undefined {
    let smallest: Map<string, ApiObject> | undefined;
    for (const name of names) {
      const bucket = this.#buckets.get(name);
      if (!bucket) return undefined;
      if (!smallest || bucket.size < smallest.size) smallest = bucket;
    }
    return smallest;
  }

  #apply(resource: ResourceDefinition, { type, object, previous }: Change): void {
    const last = previous ?? (type === 'deleted' ? object : undefined);
    // Most changes leave the labels alone: then it is found where it was.
    const moves = type === 'deleted' || !!controllerOf(object) || object.metadata?.labels !== last?.metadata?.labels;
    if (last && moves && !controllerOf(last)) this.#delete(resource, last);
    if (type !== 'deleted') this.#add(resource, object);
  }

  #add(resource: ResourceDefinition, object: ApiObject): void {
    if (controllerOf(object)) return;
    const { namespace = '', name = '', labels } = metaOf(object);
    for (const bucketName of bucketsOf(resource, namespace, labels)) {
      let bucket = this.#buckets.get(bucketName);
      if (!bucket) {
        bucket = new Map();
        this.#buckets.set(bucketName, bucket);
      }
      bucket.set(name, object);
    }
  }

  #delete(resource: ResourceDefinition, object: ApiObject): void {
    const { namespace = '', name = '', labels } = metaOf(object);
    for (const bucketName of bucketsOf(resource, namespace, labels)) {
      const bucket = this.#buckets.get(bucketName);
      bucket?.delete(name);
      if (bucket?.size === 0) this.#buckets.delete(bucketName);
    }
  }
}

/** The whole namespace's bucket and one per label. A line break stands in no name and no label. */
function bucketsOf(
  resource: Pick<ResourceDefinition, 'group' | 'plural'>,
  namespace: string,
  labels: Record<string, string> | undefined,
): string[] {
  const all = `${resource.group}/${resource.plural}\n${namespace}`;
  return [all, ...Object.entries(labels ?? {}).map(([key, value]) => `${all}\n${key}=${value}`)];
}
