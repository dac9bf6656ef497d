import { type ResourceDefinition, storePrefix } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { Change } from './cache.ts';
import { ChangeRing } from './change-ring.ts';
import { LookupMap } from './ordered-map.ts';

/** One who asked to be told. `active` turns false when he no longer does, even in the midst of a delivery. */
export interface Subscriber {
  readonly handler: (change: Change) => void;
  active: boolean;
}

/** Owns what the cache holds of one resource. Keys are the object's place under the resource: `namespace/name`, or `name`. */
export class Collection {
  /** Another definition of the same resource takes its place when a kind changes while the cache runs. */
  resource: ResourceDefinition;
  readonly prefix: string;
  /** While what was in the store before is being read: keys that have changed since, of which the watch knows better. */
  touched: Set<string> | undefined;
  readonly objects = new LookupMap<ApiObject>();
  readonly history: ChangeRing;
  /** Never changed in place: a delivery keeps the list it began with. */
  subscribers: readonly Subscriber[] = [];

  constructor(resource: ResourceDefinition, historySize: number) {
    this.resource = resource;
    this.prefix = storePrefix(resource);
    this.history = new ChangeRing(historySize, 0);
  }

  keyOf(namespace: string | undefined, name: string): string {
    return namespace ? `${namespace}/${name}` : name;
  }

  /** Whether a key is of the form this resource's objects have. */
  accepts(key: string): boolean {
    const slash = key.indexOf('/');
    if (!this.resource.namespaced) return key !== '' && slash < 0;
    return slash > 0 && slash < key.length - 1 && key.indexOf('/', slash + 1) < 0;
  }

  list(namespace: string | undefined): ApiObject[] {
    if (!namespace) return this.objects.values();
    // "0" is the character after "/".
    return this.objects.values(`${namespace}/`, `${namespace}0`);
  }

  subscribe(handler: (change: Change) => void): () => void {
    const subscriber: Subscriber = { handler, active: true };
    this.subscribers = [...this.subscribers, subscriber];
    return () => {
      subscriber.active = false;
      this.subscribers = this.subscribers.filter((each) => each !== subscriber);
    };
  }
}
