import { type ResourceDefinition, type ResourceName, storePrefix } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Cache, Change } from '../store/cache.ts';

type Handler = (change: Change) => void;

/** A cache that holds what a test puts into it, and tells of changes at once. Throws at all that authorization does not use. */
export class FakeCache {
  readonly #objects = new Map<string, ApiObject>();
  readonly #handlers = new Map<string, Handler[]>();

  put<T extends ApiObject>(resource: ResourceDefinition<T>, object: T): void {
    const key = keyOf(resource, object.metadata?.namespace, object.metadata?.name ?? '');
    const previous = this.#objects.get(key);
    const held = { kind: resource.kind, ...object };
    this.#objects.set(key, held);
    this.#tell(resource, { type: previous ? 'modified' : 'added', object: held, previous, revision: 1 });
  }

  remove<T extends ApiObject>(resource: ResourceDefinition<T>, namespace: string | undefined, name: string): void {
    const key = keyOf(resource, namespace, name);
    const object = this.#objects.get(key);
    this.#objects.delete(key);
    if (object) this.#tell(resource, { type: 'deleted', object, previous: object, revision: 1 });
  }

  get(resource: ResourceDefinition, namespace: string | undefined, name: string): ApiObject | undefined {
    return this.#objects.get(keyOf(resource, namespace, name));
  }

  list(resource: ResourceDefinition, namespace?: string): ApiObject[] {
    const prefix = `${storePrefix(resource)}${namespace ? `${namespace}/` : ''}`;
    return [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }

  podsOn(nodeName: string): ApiObject[] {
    return [...this.#objects.values()].filter(
      (object) => (object as { spec?: { nodeName?: string } }).spec?.nodeName === nodeName && object.kind === 'Pod',
    );
  }

  subscribe(resource: ResourceDefinition, handler: Handler): () => void {
    const handlers = this.#handlers.get(resource.plural) ?? [];
    this.#handlers.set(resource.plural, [...handlers, handler]);
    return () => this.#handlers.set(resource.plural, []);
  }

  #tell(resource: Pick<ResourceDefinition, 'plural'>, change: Change): void {
    for (const handler of this.#handlers.get(resource.plural) ?? []) handler(change);
  }

  /** As those who take a cache want it. */
  get cache(): Cache {
    return this as unknown as Cache;
  }
}

const keyOf = (resource: ResourceName, namespace: string | undefined, name: string) =>
  `${storePrefix(resource)}${namespace ? `${namespace}/` : ''}${name}`;
