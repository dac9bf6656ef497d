import { expect, test } from 'vitest';
import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';
import { to, toPaths } from '../defaults/rule-text.ts';
import type { Action } from './authorizer.ts';
import { RuleTable } from './rule-table.ts';

/** `get pods`, `get pods/log x`, `list deployments.apps`: verb, resource with subresource and group, name. */
function resource(text: string): Action {
  const [verb = '', what = '', name] = text.split(' ');
  const [path = '', ...group] = what.split('.');
  const [plural = '', subresource] = path.split('/');
  return { type: 'resource', verb, group: group.join('.'), resource: plural, subresource, name, namespace: 'default' };
}

const path = (text: string): Action => {
  const [verb = '', where = ''] = text.split(' ');
  return { type: 'path', verb, path: where };
};

const allows = (rule: PolicyRule, action: Action): boolean => {
  const table = new RuleTable<string>();
  table.add(rule, 'source');
  return table.find(action) === 'source';
};

test.each<[string, PolicyRule, string, boolean]>([
  ['the verb', to('get', '', 'pods'), 'get pods', true],
  ['another verb', to('get', '', 'pods'), 'list pods', false],
  ['any verb', to('*', '', 'pods'), 'deletecollection pods', true],
  ['another group', to('get', '', 'deployments'), 'get deployments.apps', false],
  ['any group', to('get', '*', 'deployments'), 'get deployments.apps', true],
  ['a subresource is not its resource', to('get', '', 'pods'), 'get pods/log', false],
  ['a resource is not its subresource', to('get', '', 'pods/log'), 'get pods', false],
  ['the subresource', to('get', '', 'pods/log'), 'get pods/log x', true],
  ['a subresource of all', to('update', 'apps', '*/scale'), 'update deployments/scale.apps', true],
  ['a subresource of all is not the resource', to('update', 'apps', '*/scale'), 'update deployments.apps', false],
  ['any resource', to('get', '', '*'), 'get pods/log', true],
  ['a subresource of one by a star is nothing', to('get', '', 'pods/*'), 'get pods/log', false],
  ['the name', to('get', '', 'pods', 'x'), 'get pods x', true],
  ['another name', to('get', '', 'pods', 'x'), 'get pods y', false],
  ['no name where one is demanded', to('list', '', 'pods', 'x'), 'list pods', false],
  ['any name', to('get', '', 'pods'), 'get pods y', true],
  ['a rule without groups', { resources: ['pods'], verbs: ['get'] }, 'get pods', false],
])('of resources: %s', (_what, rule, action, expected) => {
  expect(allows(rule, resource(action))).toBe(expected);
});

test.each<[string, PolicyRule, string, boolean]>([
  ['the path', toPaths('get', '/metrics'), 'get /metrics', true],
  ['another method', toPaths('get', '/metrics'), 'post /metrics', false],
  ['below the path', toPaths('get', '/metrics'), 'get /metrics/slis', false],
  ['any ending', toPaths('get', '/apis/*'), 'get /apis/apps/v1', true],
  ['a star needs its slash', toPaths('get', '/apis/*'), 'get /apis', false],
  ['any path', toPaths('*', '*'), 'delete /x', true],
  ['a star in the middle is no star', toPaths('get', '/a/*/b'), 'get /a/x/b', false],
  ['resources are no paths', to('get', '*', '*'), 'get /metrics', false],
])('of paths: %s', (_what, rule, action, expected) => {
  expect(allows(rule, path(action))).toBe(expected);
});
