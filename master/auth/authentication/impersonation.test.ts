import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import { RuleTable } from '../authorization/rule-table.ts';
import { to } from '../defaults/rule-text.ts';
import { impersonated } from './impersonation.ts';

const ann = { name: 'ann', groups: ['crew'] };
const AUTHENTICATION = 'authentication.k8s.io';

function allowing(...rules: PolicyRule[]): Authorizer {
  const table = new RuleTable<true>();
  for (const rule of rules) table.add(rule, true);
  return {
    authorize: (_user, action) => ({ allowed: table.find(action) === true, reason: '' }),
    rulesFor: () => ({ rules, faults: [] }),
  };
}

const everybody = allowing(to('impersonate', '*', '*'));
const as = (headers: IncomingHttpHeaders, authorizer = everybody) => impersonated(ann, headers, authorizer);

test('without the headers the asker stays who he is', () => {
  expect(as({ accept: 'x' }, allowing())).toBe(ann);
});

test.each<[IncomingHttpHeaders, object]>([
  [{ 'impersonate-user': 'bob' }, { name: 'bob', groups: ['system:authenticated'] }],
  [
    { 'impersonate-user': 'bob', 'impersonate-group': 'dev, ops', 'impersonate-uid': '7' },
    { name: 'bob', groups: ['dev', 'ops', 'system:authenticated'], uid: '7' },
  ],
  [{ 'impersonate-user': 'system:anonymous' }, { name: 'system:anonymous', groups: ['system:unauthenticated'] }],
  [
    { 'impersonate-user': 'system:serviceaccount:a:robot' },
    {
      name: 'system:serviceaccount:a:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
    },
  ],
  [
    { 'impersonate-user': 'bob', 'impersonate-extra-example.com%2fteam': 'x, y' },
    { name: 'bob', groups: ['system:authenticated'], extra: { 'example.com/team': ['x', 'y'] } },
  ],
])('%j', (headers, expected) => {
  expect({ ...as(headers) }).toEqual(expected);
});

test.each<[PolicyRule[], IncomingHttpHeaders, string]>([
  [
    [],
    { 'impersonate-user': 'bob' },
    'users "bob" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the cluster scope',
  ],
  [[to('impersonate', '', 'users', 'bob')], { 'impersonate-user': 'eve' }, 'users "eve" is forbidden'],
  [
    [to('impersonate', '', 'users')],
    { 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' },
    'groups "system:masters" is forbidden',
  ],
  [
    [to('impersonate', '', 'users')],
    { 'impersonate-user': 'system:serviceaccount:a:robot' },
    'serviceaccounts "robot" is forbidden: User "ann" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "a"',
  ],
  [
    [to('impersonate', '', 'users')],
    { 'impersonate-user': 'bob', 'impersonate-uid': '7' },
    'uids.authentication.k8s.io "7" is forbidden',
  ],
  [
    [to('impersonate', '', 'users'), to('impersonate', AUTHENTICATION, 'userextras/team')],
    { 'impersonate-user': 'bob', 'impersonate-extra-rank': 'x' },
    'userextras.authentication.k8s.io "x" is forbidden: User "ann" cannot impersonate resource "userextras/rank"',
  ],
])('with %j, %j is refused', (rules, headers, message) => {
  expect(() => as(headers, allowing(...rules))).toThrow(message);
});

test('parts of a user without the user make no sense', () => {
  expect(() => as({ 'impersonate-group': 'dev' })).toThrow(/no user/);
});
