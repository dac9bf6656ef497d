import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serviceAccountUser } from '../../../api/authentication/service-account-user.ts';
import { type ClusterRole, clusterRoles } from '../../../api/rbac/cluster-role.ts';
import { type ClusterRoleBinding, clusterRoleBindings } from '../../../api/rbac/cluster-role-binding.ts';
import { type PolicyRule, RBAC_GROUP } from '../../../api/rbac/policy-rule.ts';
import { type Role, roles } from '../../../api/rbac/role.ts';
import { type RoleBinding, roleBindings } from '../../../api/rbac/role-binding.ts';
import type { Subject } from '../../../api/rbac/subjects.ts';
import type { User } from '../../user.ts';
import { to, toPaths } from '../defaults/rule-text.ts';
import { FakeCache } from '../fake-cache.fixture.ts';
import type { Action } from './authorizer.ts';
import { RbacAuthorizer } from './rbac.ts';
import { RbacIndex } from './rbac-index.ts';

const ann: User = { name: 'ann', groups: ['crew', 'system:authenticated'] };
const user = (name: string): Subject => ({ kind: 'User', name, apiGroup: RBAC_GROUP });
const group = (name: string): Subject => ({ kind: 'Group', name, apiGroup: RBAC_GROUP });
const account = (name: string, namespace?: string): Subject => ({ kind: 'ServiceAccount', name, namespace });
const getPods = (namespace?: string): Action => ({
  type: 'resource',
  verb: 'get',
  group: '',
  resource: 'pods',
  namespace,
});

function bound(name: string, kind: 'Role' | 'ClusterRole', role: string, subjects: Subject[], namespace?: string) {
  return { metadata: { name, namespace }, roleRef: { apiGroup: RBAC_GROUP, kind, name: role }, subjects };
}

function rbac() {
  const fake = new FakeCache();
  const index = new RbacIndex(fake.cache);
  index.start();
  return { fake, authorizer: new RbacAuthorizer(index, fake.cache) };
}

describe('a user may what a role allows', () => {
  test('in the namespace of the binding alone', () => {
    const { fake, authorizer } = rbac();
    fake.put(roles, { metadata: { name: 'reader', namespace: 'a' }, rules: [to('get', '', 'pods')] });
    fake.put(roleBindings, bound('readers', 'Role', 'reader', [user('ann')], 'a'));
    expect(authorizer.authorize(ann, getPods('a'))).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "readers/a" of Role "reader" to User "ann"',
    });
    for (const namespace of ['b', undefined]) expect(authorizer.authorize(ann, getPods(namespace)).allowed).toBe(false);
    expect(authorizer.authorize({ name: 'bob', groups: [] }, getPods('a')).allowed).toBe(false);
  });

  test('everywhere with a cluster role binding, by group', () => {
    const { fake, authorizer } = rbac();
    fake.put(clusterRoles, {
      metadata: { name: 'reader' },
      rules: [to('get', '', 'pods'), toPaths('get', '/metrics')],
    });
    fake.put(clusterRoleBindings, bound('readers', 'ClusterRole', 'reader', [group('crew')]));
    for (const namespace of ['a', undefined]) expect(authorizer.authorize(ann, getPods(namespace)).allowed).toBe(true);
    expect(authorizer.authorize(ann, { type: 'path', verb: 'get', path: '/metrics' }).reason).toBe(
      'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "crew"',
    );
  });

  test('a service account, named with a namespace or in its own', () => {
    const { fake, authorizer } = rbac();
    fake.put(clusterRoles, { metadata: { name: 'reader' }, rules: [to('get', '', 'pods')] });
    fake.put(roleBindings, bound('readers', 'ClusterRole', 'reader', [account('own'), account('other', 'b')], 'a'));
    const may = (namespace: string, name: string) =>
      authorizer.authorize({ name: serviceAccountUser(namespace, name), groups: [] }, getPods('a')).allowed;
    expect([may('a', 'own'), may('b', 'other'), may('b', 'own'), may('a', 'other')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('and no longer once binding, subject or rule has gone', () => {
    const { fake, authorizer } = rbac();
    const may = () => authorizer.authorize(ann, getPods('a')).allowed;
    const role = { metadata: { name: 'reader', namespace: 'a' }, rules: [to('get', '', 'pods')] };
    fake.put(roleBindings, bound('readers', 'Role', 'reader', [user('ann')], 'a'));
    expect(may()).toBe(false);
    fake.put(roles, role);
    expect(may()).toBe(true);
    fake.put(roles, { ...role, rules: [] });
    expect(may()).toBe(false);
    fake.put(roles, role);
    fake.put(roleBindings, bound('readers', 'Role', 'reader', [user('bob')], 'a'));
    expect(may()).toBe(false);
    fake.put(roleBindings, bound('readers', 'Role', 'reader', [user('ann')], 'a'));
    expect(may()).toBe(true);
    fake.remove(roleBindings, 'a', 'readers');
    expect(may()).toBe(false);
  });

  test('a role that does not exist is told of', () => {
    const { fake, authorizer } = rbac();
    fake.put(roleBindings, bound('readers', 'Role', 'reader', [user('ann')], 'a'));
    expect(authorizer.authorize(ann, getPods('a'))).toEqual({
      allowed: false,
      reason: 'RBAC: role.rbac.authorization.k8s.io "reader" not found',
    });
  });
});

/** Kubernetes' evaluation in the plainest words: every binding, every rule. */
function reference(fake: FakeCache, { name, groups }: User, action: Action): boolean {
  const namespace = action.type === 'resource' ? action.namespace : undefined;
  const all = [
    ...(fake.list(clusterRoleBindings as never) as ClusterRoleBinding[]),
    ...(namespace ? (fake.list(roleBindings as never, namespace) as RoleBinding[]) : []),
  ];
  return all.some((binding) => {
    const home = binding.metadata?.namespace;
    const isSubject = (binding.subjects ?? []).some((subject) => {
      if (subject.kind === 'User') return subject.name === name;
      if (subject.kind === 'Group') return groups.includes(subject.name);
      const place = subject.namespace || home;
      return place !== undefined && name === `system:serviceaccount:${place}:${subject.name}`;
    });
    if (!isSubject) return false;
    const isLocal = binding.roleRef?.kind === 'Role';
    const role = (
      isLocal
        ? fake.get(roles as never, home, binding.roleRef?.name ?? '')
        : fake.get(clusterRoles as never, undefined, binding.roleRef?.name ?? '')
    ) as Role | ClusterRole | undefined;
    return (role?.rules ?? []).some((rule) => ruleAllows(rule, action));
  });
}

function ruleAllows(rule: PolicyRule, action: Action): boolean {
  const has = (list: readonly string[] | undefined, value: string) =>
    (list ?? []).some((x) => x === '*' || x === value);
  if (!has(rule.verbs, action.verb)) return false;
  if (action.type === 'path')
    return (rule.nonResourceURLs ?? []).some((url) =>
      url.endsWith('*') ? action.path.startsWith(url.slice(0, -1)) : url === action.path,
    );
  const { resource, subresource, name } = action;
  const whole = subresource ? `${resource}/${subresource}` : resource;
  return (
    has(rule.apiGroups, action.group) &&
    (has(rule.resources, whole) ||
      (subresource !== undefined && (rule.resources ?? []).includes(`*/${subresource}`))) &&
    (!rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name)))
  );
}

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const list = <T>(...values: T[]) => fc.array(some(...values), { minLength: 1, maxLength: 2 });
const NAMESPACES = ['a', 'b'] as const;
const anyRule: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc.record({
    verbs: list('get', 'list', '*'),
    apiGroups: list('', 'apps', '*'),
    resources: list('pods', 'pods/log', '*/log', 'deployments', '*'),
    resourceNames: fc.array(some('x', 'y'), { maxLength: 2 }),
  }),
  fc.record({ verbs: list('get', 'post', '*'), nonResourceURLs: list('/a', '/a/*', '/b', '*') }),
);
const anySubject: fc.Arbitrary<Subject> = fc.oneof(
  some('ann', 'bob', 'system:serviceaccount:a:robot').map(user),
  some('crew', 'all').map(group),
  fc.tuple(some('robot', 'other'), some(undefined, ...NAMESPACES)).map(([name, namespace]) => account(name, namespace)),
);
const anyUser: fc.Arbitrary<User> = fc.record({
  name: some('ann', 'bob', 'system:serviceaccount:a:robot', 'system:serviceaccount:b:robot'),
  groups: fc.subarray(['crew', 'all']),
});
const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    type: fc.constant('resource' as const),
    verb: some('get', 'list', 'delete'),
    group: some('', 'apps'),
    resource: some('pods', 'deployments'),
    subresource: some(undefined, 'log'),
    namespace: some(undefined, ...NAMESPACES),
    name: some(undefined, 'x', 'y'),
  }),
  fc.record({ type: fc.constant('path' as const), verb: some('get', 'post'), path: some('/a', '/a/b', '/b', '/c') }),
);
const ROLE_NAMES = ['r1', 'r2', 'r3'] as const;
type Step = (fake: FakeCache) => void;
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(some(undefined, ...NAMESPACES), some(...ROLE_NAMES), fc.array(anyRule, { maxLength: 3 })).map(
    ([namespace, name, rules]): Step =>
      (fake) =>
        fake.put(namespace ? roles : clusterRoles, { metadata: { name, namespace }, rules } as never),
  ),
  fc
    .tuple(
      some(undefined, ...NAMESPACES),
      some('b1', 'b2', 'b3'),
      some(...ROLE_NAMES),
      fc.boolean(),
      fc.array(anySubject, { maxLength: 3 }),
    )
    .map(([namespace, name, role, local, subjects]): Step => {
      const kind = namespace && local ? 'Role' : 'ClusterRole';
      const resource = namespace ? roleBindings : clusterRoleBindings;
      return (fake) => fake.put(resource, bound(name, kind, role, subjects, namespace));
    }),
  fc.tuple(some(undefined, ...NAMESPACES), some(...ROLE_NAMES, 'b1', 'b2', 'b3')).map(
    ([namespace, name]): Step =>
      (fake) => {
        const isRole = name.startsWith('r');
        if (namespace) fake.remove(isRole ? roles : (roleBindings as never), namespace, name);
        else fake.remove(isRole ? clusterRoles : (clusterRoleBindings as never), undefined, name);
      },
  ),
);

test('the index says what a walk over all bindings says, whatever changes in between', () => {
  const questions = fc.array(fc.tuple(anyUser, anyAction), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(fc.tuple(anyStep, questions), { minLength: 1, maxLength: 25 }), (turns) => {
      const { fake, authorizer } = rbac();
      for (const [step, asked] of turns) {
        step(fake);
        for (const [who, action] of asked)
          expect(authorizer.authorize(who, action).allowed).toBe(reference(fake, who, action));
      }
    }),
    { numRuns: 400 },
  );
});

test('an index that starts late knows what is there, and one that lost all its bindings keeps nothing', () => {
  const fake = new FakeCache();
  fake.put(clusterRoles, { metadata: { name: 'reader' }, rules: [to('get', '', 'pods')] });
  fake.put(roleBindings, bound('readers', 'ClusterRole', 'reader', [user('ann')], 'a'));
  const index = new RbacIndex(fake.cache);
  index.start();
  expect(new RbacAuthorizer(index, fake.cache).authorize(ann, getPods('a')).allowed).toBe(true);
  fake.remove(roleBindings, 'a', 'readers');
  expect([...index.grants('u:ann', 'a')]).toEqual([]);
});
