import { defineResource, type ResourceDefinition, storeKey } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { struct } from '../../api/meta/schema.ts';
import { type Logger, silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { memoryStore } from './memory.ts';
import type { Store } from './store.ts';
import { WatchCache } from './watch-cache.ts';

/** Small kinds, and a cache of them over a store in memory, for the tests of the cache. */
export interface Thing extends ApiObject {
  spec?: { nodeName?: string; n?: number };
}

const define = (group: string, kind: string, plural: string, namespaced: boolean): ResourceDefinition<Thing> =>
  defineResource<Thing>({
    group,
    version: 'v1',
    kind,
    plural,
    singular: plural,
    shortNames: [],
    categories: [],
    namespaced,
    schema: struct(`test.${kind}`, 'A kind of the tests.', {}),
    hasStatus: false,
    columns: [],
    setDefaults() {},
    validate: () => [],
  });

export const pods = define('', 'Pod', 'pods', true);
export const nodes = define('', 'Node', 'nodes', false);
export const replicaSets = define('apps', 'ReplicaSet', 'replicasets', true);
export const kinds: readonly ResourceDefinition<Thing>[] = [pods, nodes, replicaSets];

export interface Owner {
  readonly uid: string;
  readonly controller?: boolean;
}

export function thing(
  namespace: string | undefined,
  name: string,
  { spec = {}, owners = [], uid = name }: { spec?: Thing['spec']; owners?: readonly Owner[]; uid?: string } = {},
): Thing {
  const ownerReferences = owners.map((owner) => ({ apiVersion: 'v1', kind: 'Owner', name: owner.uid, ...owner }));
  return { metadata: { namespace, name, uid, ownerReferences }, spec };
}

/** Writes an object as `Objects` would, without any of its rules. Resolves with the revision. */
export async function write(store: Store, resource: ResourceDefinition<Thing>, object: Thing): Promise<number> {
  const key = storeKey(resource, object.metadata?.namespace, object.metadata?.name ?? '');
  const value = JSON.stringify(object);
  return (await store.commit({ compares: [], ops: [{ type: 'put', key, value }] })).revision;
}

export async function erase(
  store: Store,
  resource: ResourceDefinition<Thing>,
  namespace: string | undefined,
  name: string,
): Promise<number> {
  const key = storeKey(resource, namespace, name);
  return (await store.commit({ compares: [], ops: [{ type: 'delete', key }] })).revision;
}

export interface CacheFixture {
  readonly store: Store;
  readonly cache: WatchCache;
  readonly clock: ManualClock;
  readonly metrics: Registry;
}

export function cacheFixture(options: { store?: Store; historySize?: number; log?: Logger } = {}): CacheFixture {
  const clock = new ManualClock();
  const store = options.store ?? memoryStore({ clock });
  const metrics = new Registry();
  const { log = silentLogger, historySize } = options;
  return {
    store,
    cache: new WatchCache({ store, resources: kinds, clock, log, metrics, historySize }),
    clock,
    metrics,
  };
}
