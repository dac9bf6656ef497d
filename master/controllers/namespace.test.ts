import { describe, expect, test } from 'vitest';
import { conditionOf } from '../../api/core/conditions.ts';
import { configMaps } from '../../api/core/config-map.ts';
import { namespaces } from '../../api/core/namespace.ts';
import { pods } from '../../api/core/pod.ts';
import { serviceAccounts } from '../../api/core/service-account.ts';
import { metaOf } from '../../api/meta/object.ts';
import { builtInCatalogue } from '../../api/registry.ts';
import { World } from './kit/world.suite.ts';
import { namespaceController } from './namespace.ts';
import { bind, confirmGone, names, podSpec } from './samples.suite.ts';
import { serviceAccountController } from './service-account.ts';

const controller = namespaceController(builtInCatalogue);
const shop = { metadata: { name: 'shop' } };

describe('namespace deletion', () => {
  test('empties it of everything, waits for pods to end, and lets it go', () => {
    const world = new World([controller]);
    for (const name of ['shop', 'other']) {
      world.create(namespaces, { metadata: { name } });
      world.create(configMaps, { metadata: { name: 'settings', namespace: name } });
      world.create(pods, { metadata: { name: 'web', namespace: name }, spec: podSpec() });
    }
    const pod = world.get(pods, 'shop', 'web')!;
    bind(world, pod);
    world.settle();
    expect(world.transcript).toEqual([]);
    world.delete(namespaces, shop);
    world.settle();
    const dying = world.get(namespaces, undefined, 'shop')!;
    expect(dying.status?.phase).toBe('Terminating');
    expect(conditionOf(dying.status?.conditions, 'NamespaceContentRemaining')?.status).toBe('True');
    expect(world.list(configMaps, 'shop')).toEqual([]);
    expect(metaOf(world.get(pods, 'shop', 'web')!).deletionTimestamp).toBeDefined();
    expect(world.decide(controller, 'shop')).toEqual([]);
    confirmGone(world, pod);
    world.settle();
    expect(names(world.list(namespaces))).toEqual(['other']);
    expect(world.list(configMaps, 'other')).toHaveLength(1);
  });

  test('removes a bounded number per pass', () => {
    const world = new World([controller]);
    world.create(namespaces, shop);
    for (let index = 0; index < 1200; index++) {
      world.create(configMaps, { metadata: { name: `c${index}`, namespace: 'shop' } });
    }
    world.delete(namespaces, shop);
    world.step();
    expect(world.list(configMaps)).toHaveLength(700);
    world.settle();
    expect(world.list(namespaces)).toEqual([]);
  });

  test('an empty namespace goes at once', () => {
    const world = new World([controller]);
    world.create(namespaces, shop);
    world.delete(namespaces, shop);
    world.settle();
    expect(world.transcript).toEqual(['namespace: update namespace shop finalize']);
    expect(world.list(namespaces)).toEqual([]);
  });
});

describe('default service account', () => {
  test('every namespace gets one, again when it is deleted, and not when it is on its way out', () => {
    const world = new World([serviceAccountController]);
    world.create(namespaces, shop);
    world.settle();
    const account = world.get(serviceAccounts, 'shop', 'default')!;
    expect(account).toBeDefined();
    world.delete(serviceAccounts, account);
    world.settle();
    expect(world.get(serviceAccounts, 'shop', 'default')).toBeDefined();
    world.delete(namespaces, shop);
    world.delete(serviceAccounts, account);
    world.settle();
    expect(world.get(serviceAccounts, 'shop', 'default')).toBeUndefined();
  });
});
