import { describe, expect, test } from 'vitest';
import { type ClusterRole, clusterRoles } from '../../../api/rbac/cluster-role.ts';
import { clusterRoleBindings } from '../../../api/rbac/cluster-role-binding.ts';
import { type PolicyRule, RBAC_GROUP } from '../../../api/rbac/policy-rule.ts';
import { roles } from '../../../api/rbac/role.ts';
import { type RoleBinding, roleBindings } from '../../../api/rbac/role-binding.ts';
import type { AdmissionRequest } from '../../objects/admission/admission.ts';
import { to, toPaths } from '../defaults/rule-text.ts';
import { FakeCache } from '../fake-cache.fixture.ts';
import { ruleText, uncovered } from './escalation.ts';
import { RbacAuthorizer } from './rbac.ts';
import { RbacIndex } from './rbac-index.ts';
import { roleGuard } from './role-guard.ts';

describe('what is not covered', () => {
  test.each<[string, PolicyRule[], PolicyRule[], string[]]>([
    ['nothing of the same', [to('get', '', 'pods')], [to('get', '', 'pods')], []],
    ['by several rules together', [to('get', '', 'pods'), to('list', '', 'pods')], [to('get list', '', 'pods')], []],
    ['by stars', [to('*', '*', '*')], [to('get', 'apps', 'deployments/scale', 'x')], []],
    [
      'a star by many',
      [to('get list watch', '', 'pods')],
      [to('*', '', 'pods')],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["*"]}'],
    ],
    [
      'all names by some',
      [to('get', '', 'pods', 'x')],
      [to('get', '', 'pods')],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["get"]}'],
    ],
    ['a name by all', [to('get', '', 'pods')], [to('get', '', 'pods', 'x')], []],
    [
      'one name of two',
      [to('get', '', 'pods', 'x')],
      [to('get', '', 'pods', 'x y')],
      ['{APIGroups:[""], Resources:["pods"], ResourceNames:["y"], Verbs:["get"]}'],
    ],
    ['a subresource of all', [to('get', '', '*/log')], [to('get', '', 'pods/log')], []],
    [
      'a subresource by its resource',
      [to('get', '', 'pods')],
      [to('get', '', 'pods/log')],
      ['{APIGroups:[""], Resources:["pods/log"], Verbs:["get"]}'],
    ],
    ['a path by its beginning', [toPaths('get', '/apis/*')], [toPaths('get', '/apis/x/*')], []],
    ['a path', [toPaths('get', '/a')], [toPaths('get post', '/a')], ['{NonResourceURLs:["/a"], Verbs:["post"]}']],
    [
      'verbs of one kind together',
      [],
      [to('get list', '', 'pods'), to('watch', '', 'pods')],
      ['{APIGroups:[""], Resources:["pods"], Verbs:["get" "list" "watch"]}'],
    ],
  ])('%s', (_what, own, wanted, lacking) => {
    expect(uncovered(own, wanted).map(ruleText)).toEqual(lacking);
  });
});

describe('writes of roles and bindings', () => {
  const ann = { name: 'ann', groups: ['crew'] };
  const roleRef = (kind: string, name: string) => ({ apiGroup: RBAC_GROUP, kind, name });
  const subjects = [{ kind: 'User', apiGroup: RBAC_GROUP, name: 'bob' }];

  function guarded(...annMay: PolicyRule[]) {
    const fake = new FakeCache();
    fake.put(clusterRoles, { metadata: { name: 'anns' }, rules: annMay });
    fake.put(clusterRoles, { metadata: { name: 'viewer' }, rules: [to('get', '', 'pods')] });
    fake.put(clusterRoles, { metadata: { name: 'keeper' }, rules: [to('get', '', 'secrets')] });
    fake.put(clusterRoleBindings, {
      metadata: { name: 'anns' },
      roleRef: roleRef('ClusterRole', 'anns'),
      subjects: [{ kind: 'User', apiGroup: RBAC_GROUP, name: 'ann' }],
    });
    const index = new RbacIndex(fake.cache);
    index.start();
    const guard = roleGuard(new RbacAuthorizer(index, fake.cache));
    return (request: object, user = ann) =>
      guard.admit(
        {
          operation: 'create',
          context: { user: user.name, requester: user },
          ...request,
        } as unknown as AdmissionRequest,
        fake.cache,
      )?.message;
  }

  const role = (...rules: PolicyRule[]) =>
    ({ resource: roles, object: { metadata: { name: 'r', namespace: 'a' }, rules } }) as never;
  const binding = (kind: string, name: string) =>
    ({
      resource: roleBindings,
      object: { metadata: { name: 'b', namespace: 'a' }, roleRef: roleRef(kind, name), subjects },
    }) as never;
  const refusal = (name: string) =>
    `${name} is forbidden: user "ann" (groups=["crew"]) is attempting to grant RBAC permissions not currently held:\n` +
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}';

  test('give what one has, and no more', () => {
    const refused = guarded(to('get', '', 'pods'));
    expect(refused(role(to('get', '', 'pods')))).toBeUndefined();
    expect(refused(role(to('get', '', 'pods secrets')))).toBe(refusal('roles.rbac.authorization.k8s.io "r"'));
    expect(refused(binding('ClusterRole', 'viewer'))).toBeUndefined();
    expect(refused(binding('ClusterRole', 'keeper'))).toBe(refusal('rolebindings.rbac.authorization.k8s.io "b"'));
    expect(refused(binding('Role', 'nope'))).toBe('roles.rbac.authorization.k8s.io "nope" not found');
  });

  test('give more with the verbs made for that, and as an administrator', () => {
    expect(guarded(to('escalate', RBAC_GROUP, 'roles'))(role(to('get', '', 'secrets')))).toBeUndefined();
    expect(guarded(to('escalate', RBAC_GROUP, 'clusterroles'))(role(to('get', '', 'secrets')))).toBeDefined();
    expect(guarded(to('bind', RBAC_GROUP, 'clusterroles', 'keeper'))(binding('ClusterRole', 'keeper'))).toBeUndefined();
    expect(guarded(to('bind', RBAC_GROUP, 'clusterroles', 'viewer'))(binding('ClusterRole', 'keeper'))).toBeDefined();
    expect(guarded()(role(to('get', '', 'secrets')), { name: 'root', groups: ['system:masters'] })).toBeUndefined();
  });

  test('change what else is in them, though they hold more', () => {
    const refused = guarded();
    const previous = { metadata: { name: 'r', namespace: 'a' }, rules: [to('get', '', 'secrets')] };
    const object = { ...previous, metadata: { ...previous.metadata, labels: { a: 'b' } } };
    expect(refused({ operation: 'update', resource: roles, object, previous } as never)).toBeUndefined();
    const bound: RoleBinding = {
      metadata: { name: 'b', namespace: 'a' },
      roleRef: roleRef('ClusterRole', 'keeper'),
      subjects,
    };
    const more = { ...bound, subjects: [...subjects, { kind: 'User', apiGroup: RBAC_GROUP, name: 'eve' }] };
    expect(
      refused({ operation: 'update', resource: roleBindings, object: bound, previous: bound } as never),
    ).toBeUndefined();
    expect(
      refused({ operation: 'update', resource: roleBindings, object: more, previous: bound } as never),
    ).toBeDefined();
  });

  test('gather other roles only where one may do everything', () => {
    const object: ClusterRole = {
      metadata: { name: 'all' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
    };
    const request = { resource: clusterRoles, object } as never;
    expect(guarded(to('*', '', '*'))(request)).toBe(
      'clusterroles.rbac.authorization.k8s.io "all" is forbidden: must have cluster-admin privileges to use an aggregationRule',
    );
    expect(guarded(to('*', '*', '*'), toPaths('*', '*'))(request)).toBeUndefined();
  });
});
