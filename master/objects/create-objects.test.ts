import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ConfigMap, configMaps } from '../../api/core/config-map.ts';
import { namespaces } from '../../api/core/namespace.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { isApiError } from '../../api/meta/errors.ts';
import { resources } from '../../api/registry.ts';
import { priorityClasses } from '../../api/scheduling/priority-class.ts';
import { silentLogger } from '../../platform/log.ts';
import { ManualClock } from '../../platform/manual-clock.fixture.ts';
import { Registry } from '../../platform/metrics.ts';
import { seededRng } from '../../platform/rng.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { standardAdmission } from './admission/standard.ts';
import { createObjects } from './create-objects.ts';
import type { Objects } from './objects.ts';

const CONTEXT = { user: 'tester' };

let store: Store;
let cache: WatchCache;
let objects: Objects;

beforeEach(async () => {
  const clock = new ManualClock();
  store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  objects = createObjects({ store, cache, clock, rng: seededRng(1), admission: standardAdmission() });
  await objects.create(namespaces, { metadata: { name: 'default' } }, CONTEXT);
});

afterEach(async () => {
  await cache.stop();
  await store.close();
});

const configMap = (name: string): ConfigMap => ({ metadata: { name, namespace: 'default' }, data: { a: '1' } });
const pod = (name: string, more: Partial<NonNullable<Pod['spec']>> = {}): Pod => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'a:1' }], ...more },
});

async function reasonOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return isApiError(error) ? `${error.code} ${error.message}` : `no ApiError: ${error}`;
}

describe('create', () => {
  test('stores the object with its identity, and the cache shows it', async () => {
    const created = await objects.create(configMaps, configMap('one'), CONTEXT);
    expect(created.metadata).toMatchObject({ name: 'one', namespace: 'default' });
    expect(created.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
    const revision = Number(created.metadata?.resourceVersion);
    await cache.waitFor(revision);
    expect(cache.get(configMaps, 'default', 'one')).toEqual(created);
  });

  test('refuses a second of the same name', async () => {
    await objects.create(configMaps, configMap('one'), CONTEXT);
    const why = await reasonOf(objects.create(configMaps, configMap('one'), CONTEXT));
    expect(why).toBe('409 configmaps "one" already exists');
  });

  test('completes a generated name', async () => {
    const template: ConfigMap = { metadata: { generateName: 'made-', namespace: 'default' } };
    const made = await Promise.all([1, 2, 3].map(() => objects.create(configMaps, structuredClone(template), CONTEXT)));
    const names = made.map((each) => each.metadata?.name);
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^made-[a-z0-9]{5}$/);
    const long: ConfigMap = { metadata: { generateName: `${'x'.repeat(252)}-`, namespace: 'default' } };
    const { metadata } = await objects.create(configMaps, long, CONTEXT);
    expect(metadata?.name).toMatch(/^x{58}[a-z0-9]{5}$/);
  });

  test('refuses a namespace that is not there, and one that is going', async () => {
    const elsewhere = configMap('one');
    elsewhere.metadata!.namespace = 'nowhere';
    expect(await reasonOf(objects.create(configMaps, elsewhere, CONTEXT))).toBe('404 namespaces "nowhere" not found');
    await objects.create(namespaces, { metadata: { name: 'going' } }, CONTEXT);
    await objects.delete(namespaces, undefined, 'going', CONTEXT);
    const late = configMap('late');
    late.metadata!.namespace = 'going';
    expect(await reasonOf(objects.create(configMaps, late, CONTEXT))).toContain('because it is being terminated');
  });

  test('a dry run checks everything and stores nothing', async () => {
    await objects.create(configMaps, configMap('dry'), { ...CONTEXT, dryRun: true });
    expect(await store.list('/registry/core/configmaps/')).toMatchObject({ values: [] });
  });

  test('pods get a priority from their class, a service account and tolerations', async () => {
    await objects.create(priorityClasses, { metadata: { name: 'high' }, value: 1000 }, CONTEXT);
    const made = await objects.create(pods, pod('a', { priorityClassName: 'high' }), CONTEXT);
    expect(made.spec).toMatchObject({
      priority: 1000,
      serviceAccountName: 'default',
      preemptionPolicy: 'PreemptLowerPriority',
    });
    expect(made.spec?.tolerations?.map(({ key }) => key)).toEqual([
      'node.kubernetes.io/not-ready',
      'node.kubernetes.io/unreachable',
    ]);
    const why = await reasonOf(objects.create(pods, pod('b', { priorityClassName: 'none' }), CONTEXT));
    expect(why).toBe('403 pods "b" is forbidden: no PriorityClass with name none was found');
    const impatient = { priorityClassName: 'high', preemptionPolicy: 'Never' } as const;
    expect(await reasonOf(objects.create(pods, pod('c', impatient), CONTEXT))).toContain(
      'the string value of PreemptionPolicy (Never) must not be provided in pod spec',
    );
  });

  test('lists every faulty field', async () => {
    const bad: Pod = { metadata: { name: 'Bad', namespace: 'default' }, spec: { containers: [] } };
    const why = await reasonOf(objects.create(pods, bad, CONTEXT));
    expect(why).toContain('422 Pod "Bad" is invalid: [metadata.name: Invalid value: "Bad"');
    expect(why).toContain('spec.containers: Required value');
  });
});

describe('update', () => {
  test('what changes nothing of a state that the cache is late with is decided on the newest', async () => {
    await objects.create(configMaps, configMap('late'), CONTEXT);
    await cache.waitFor(await store.revision());
    await cache.stop();
    const set = (a: string) => (current: ConfigMap) => {
      current.data = { a };
    };
    const person = { ...CONTEXT, requester: { name: 'tester', groups: [] } };
    await objects.update(configMaps, 'default', 'late', set('2'), person);
    const back = await objects.update(configMaps, 'default', 'late', set('1'), person);
    expect(back.data).toEqual({ a: '1' });
    expect(JSON.parse((await store.get('/registry/core/configmaps/default/late'))?.value ?? '').data).toEqual({
      a: '1',
    });
  });

  test('many writers of one object lose no update', async () => {
    await objects.create(configMaps, { ...configMap('count'), data: { n: '0' } }, CONTEXT);
    const increment = (current: ConfigMap) => {
      current.data = { n: String(Number(current.data?.n) + 1) };
    };
    const writers = Array.from({ length: 30 }, () =>
      objects.update(configMaps, 'default', 'count', increment, CONTEXT),
    );
    await Promise.all(writers);
    const last = await objects.update(configMaps, 'default', 'count', increment, CONTEXT);
    expect(last.data?.n).toBe('31');
  });

  test('with a resourceVersion, only the first of two wins', async () => {
    const created = await objects.create(configMaps, configMap('one'), CONTEXT);
    const preconditions = { resourceVersion: created.metadata?.resourceVersion };
    const change = (value: string) => (current: ConfigMap) => {
      current.data = { a: value };
    };
    await objects.update(configMaps, 'default', 'one', change('2'), CONTEXT, { preconditions });
    const why = await reasonOf(objects.update(configMaps, 'default', 'one', change('3'), CONTEXT, { preconditions }));
    expect(why).toContain('409 Operation cannot be fulfilled on configmaps "one": the object has been modified');
  });

  test('that changes nothing commits nothing', async () => {
    const created = await objects.create(configMaps, configMap('one'), CONTEXT);
    const same = await objects.update(configMaps, 'default', 'one', () => undefined, CONTEXT);
    expect(same.metadata?.resourceVersion).toBe(created.metadata?.resourceVersion);
  });

  test('generation counts changes of the spec and not of the status', async () => {
    await objects.create(pods, pod('a'), CONTEXT);
    const setPhase = (current: Pod) => {
      current.status = { ...current.status, phase: 'Running' };
    };
    const reported = await objects.update(pods, 'default', 'a', setPhase, CONTEXT, { part: 'status' });
    expect(reported.metadata?.generation).toBe(1);
    const setImage = (current: Pod) => {
      current.spec!.containers[0]!.image = 'a:2';
    };
    const changed = await objects.update(pods, 'default', 'a', setImage, CONTEXT);
    expect(changed.metadata?.generation).toBe(2);
    expect(changed.status?.phase).toBe('Running');
  });

  test('of nothing is 404', async () => {
    const why = await reasonOf(objects.update(configMaps, 'default', 'none', () => undefined, CONTEXT));
    expect(why).toBe('404 configmaps "none" not found');
  });
});

describe('delete', () => {
  test('removes what nothing holds', async () => {
    await objects.create(configMaps, configMap('one'), CONTEXT);
    expect(await objects.delete(configMaps, 'default', 'one', CONTEXT)).toMatchObject({ gone: true });
    expect(await store.get('/registry/core/configmaps/default/one')).toBeUndefined();
  });

  test('waits for finalizers, and goes with the last of them', async () => {
    const held = configMap('held');
    held.metadata!.finalizers = ['a/b'];
    await objects.create(configMaps, held, CONTEXT);
    const { object, gone } = await objects.delete(configMaps, 'default', 'held', CONTEXT);
    expect(gone).toBe(false);
    expect(object.metadata?.deletionTimestamp).toBeDefined();
    const release = (current: ConfigMap) => {
      current.metadata!.finalizers = [];
    };
    await objects.update(configMaps, 'default', 'held', release, CONTEXT);
    expect(await store.get('/registry/core/configmaps/default/held')).toBeUndefined();
  });

  test('a pod on no node goes at once; one on a node is given its grace', async () => {
    await objects.create(pods, pod('loose'), CONTEXT);
    expect((await objects.delete(pods, 'default', 'loose', CONTEXT)).gone).toBe(true);
    await objects.create(pods, pod('bound', { nodeName: 'n1', terminationGracePeriodSeconds: 7 }), CONTEXT);
    const { object, gone } = await objects.delete(pods, 'default', 'bound', CONTEXT);
    expect(gone).toBe(false);
    expect(object.metadata?.deletionGracePeriodSeconds).toBe(7);
    const forced = await objects.delete(pods, 'default', 'bound', CONTEXT, { gracePeriodSeconds: 0 });
    expect(forced.gone).toBe(true);
  });

  test('keeps the cell’s own namespaces', async () => {
    const why = await reasonOf(objects.delete(namespaces, undefined, 'default', CONTEXT));
    expect(why).toBe('403 namespaces "default" is forbidden: this namespace may not be deleted');
  });

  test('refuses another object of the same name', async () => {
    await objects.create(configMaps, configMap('one'), CONTEXT);
    const attempt = objects.delete(configMaps, 'default', 'one', CONTEXT, { preconditions: { uid: 'other' } });
    expect(await reasonOf(attempt)).toContain('UID in precondition: other');
  });
});
