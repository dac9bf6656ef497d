import { afterEach, beforeEach, expect, test } from 'vitest';
import { namespaces } from '../../../api/core/namespace.ts';
import { type ClusterRole, clusterRoles } from '../../../api/rbac/cluster-role.ts';
import { clusterRoleBindings } from '../../../api/rbac/cluster-role-binding.ts';
import { RBAC_GROUP } from '../../../api/rbac/policy-rule.ts';
import { roleBindings } from '../../../api/rbac/role-binding.ts';
import { resources } from '../../../api/registry.ts';
import { silentLogger } from '../../../platform/log.ts';
import { ManualClock } from '../../../platform/manual-clock.fixture.ts';
import { Registry } from '../../../platform/metrics.ts';
import { seededRng } from '../../../platform/rng.ts';
import { createObjects } from '../../objects/create-objects.ts';
import type { Objects } from '../../objects/objects.ts';
import { memoryStore } from '../../store/memory.ts';
import type { Store } from '../../store/store.ts';
import { WatchCache } from '../../store/watch-cache.ts';
import { uncovered } from '../authorization/escalation.ts';
import { ensureDefaultRoles } from './ensure-defaults.ts';
import { to } from './rule-text.ts';

const USER = { user: 'test' };
let store: Store;
let cache: WatchCache;
let objects: Objects;

beforeEach(async () => {
  const clock = new ManualClock();
  store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics: new Registry() });
  await cache.start();
  objects = createObjects({ store, cache, clock, rng: seededRng(1), admission: [] });
  await objects.create(namespaces, { metadata: { name: 'kube-system' } }, USER);
  await ensure();
});
afterEach(() => cache.stop());

async function ensure(): Promise<void> {
  await ensureDefaultRoles(cache, objects);
  await cache.waitFor(await store.revision());
}

const role = (name: string): ClusterRole => cache.get(clusterRoles, undefined, name)!;

test('what is there is complete, and another start writes nothing', async () => {
  const { rules: admin = [] } = role('admin');
  expect(uncovered(admin, role('edit').rules ?? [])).toEqual([]);
  expect(uncovered(role('edit').rules ?? [], role('view').rules ?? [])).toEqual([]);
  expect(
    uncovered(role('view').rules ?? [], [to('get', '', 'pods/placement'), to('list', 'stowage.dev', 'bandquotas')]),
  ).toEqual([]);
  // `kubectl top pods` is for everybody who may look on.
  expect(uncovered(role('view').rules ?? [], [to('get list', 'metrics.k8s.io', 'pods')])).toEqual([]);
  expect(uncovered(role('view').rules ?? [], [to('get', '', 'secrets')])).not.toEqual([]);
  expect(uncovered(role('edit').rules ?? [], [to('create', RBAC_GROUP, 'roles')])).not.toEqual([]);
  expect(cache.list(roleBindings, 'kube-system')).toHaveLength(1);
  const before = await store.revision();
  await ensure();
  expect(await store.revision()).toBe(before);
});

test('what is missing is given back, what was added stays', async () => {
  await objects.update(
    clusterRoles,
    undefined,
    'system:kube-dns',
    (held) => {
      held.rules = [to('get', '', 'nodes')];
    },
    USER,
  );
  await objects.update(
    clusterRoleBindings,
    undefined,
    'system:discovery',
    (held) => {
      held.subjects = [{ kind: 'User', apiGroup: RBAC_GROUP, name: 'ann' }];
    },
    USER,
  );
  await objects.delete(clusterRoles, undefined, 'system:node', USER);
  await ensure();
  expect(
    uncovered(role('system:kube-dns').rules ?? [], [to('get', '', 'nodes'), to('watch', '', 'endpoints')]),
  ).toEqual([]);
  const subjects = cache.get(clusterRoleBindings, undefined, 'system:discovery')?.subjects?.map(({ name }) => name);
  expect(subjects).toEqual(['ann', 'system:authenticated']);
  expect(role('system:node').rules).not.toEqual([]);
});

test('a binding of another role is made anew', async () => {
  await objects.delete(clusterRoleBindings, undefined, 'system:discovery', USER);
  const roleRef = { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'cluster-admin' };
  await objects.create(clusterRoleBindings, { metadata: { name: 'system:discovery' }, roleRef, subjects: [] }, USER);
  await cache.waitFor(await store.revision());
  await ensure();
  expect(cache.get(clusterRoleBindings, undefined, 'system:discovery')?.roleRef?.name).toBe('system:discovery');
});

test('who turns that off is left alone', async () => {
  await objects.update(
    clusterRoles,
    undefined,
    'system:kube-dns',
    (held) => {
      held.rules = [];
      held.metadata!.annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
    },
    USER,
  );
  await ensure();
  expect(role('system:kube-dns').rules).toEqual([]);
});
