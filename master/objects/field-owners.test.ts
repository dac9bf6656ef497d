import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ConfigMap, configMaps } from '../../api/core/config-map.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { resources } from '../../api/registry.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { seededRng } from '../../platform/rng.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { createObjects } from './create-objects.ts';
import type { Objects } from './objects.ts';

const COMPONENT = { user: 'component' };
const CLIENT = { user: 'person', manager: { name: 'editor' } };

let clock: ManualClock;
let store: Store;
let cache: WatchCache;
let objects: Objects;

beforeEach(async () => {
  clock = new ManualClock();
  store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  objects = createObjects({ store, cache, clock, rng: seededRng(1), admission: [] });
});

afterEach(async () => {
  await cache.stop();
  await store.close();
});

const configMap = (name: string): ConfigMap => ({ metadata: { name, namespace: 'default' }, data: { a: '1' } });
const pod = (name: string): Pod => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'a:1' }] },
});
const set = (key: string, value: string) => (object: ConfigMap) => {
  object.data = { ...object.data, [key]: value };
};
const accountOf = (object: ConfigMap | Pod) => object.metadata?.managedFields;

test('objects made alike share one set of fields', async () => {
  const [one, two] = [await objects.create(pods, pod('one'), CLIENT), await objects.create(pods, pod('two'), CLIENT)];
  expect(accountOf(one)?.[0]?.fieldsV1).toBe(accountOf(two)?.[0]?.fieldsV1);
});

test("what components make and change is nobody's", async () => {
  await objects.create(configMaps, configMap('made'), COMPONENT);
  expect(accountOf(await objects.update(configMaps, 'default', 'made', set('b', '1'), CLIENT))).toBeUndefined();
  const owned = await objects.create(configMaps, configMap('owned'), CLIENT);
  const changed = await objects.update(configMaps, 'default', 'owned', set('b', '1'), COMPONENT);
  expect(changed.data).toEqual({ a: '1', b: '1' });
  expect(accountOf(changed)).toBe(accountOf(owned));
});

test('statuses that components report leave the account as it is', async () => {
  const made = await objects.create(pods, pod('told'), CLIENT);
  const told = (current: Pod): Pod => ({ ...current, status: { ...current.status, phase: 'Running' } });
  const after = await objects.update(pods, 'default', 'told', told, COMPONENT, { part: 'status', pure: true });
  expect(accountOf(after)).toBe(accountOf(made));
});

test('time passes only where something changes', async () => {
  await objects.create(configMaps, configMap('timed'), CLIENT);
  await clock.advance(60_000);
  const idle = await objects.update(configMaps, 'default', 'timed', set('a', '1'), CLIENT);
  expect(idle).toBe(cache.get(configMaps, 'default', 'timed'));
  const made = idle.metadata?.creationTimestamp;
  expect(accountOf(idle)).toMatchObject([{ time: made }]);
  const changed = await objects.update(configMaps, 'default', 'timed', set('a', '2'), CLIENT);
  expect(Date.parse(accountOf(changed)?.[0]?.time ?? '') - Date.parse(made ?? '')).toBe(60_000);
});
