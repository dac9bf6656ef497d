import { expect, test } from 'vitest';
import type { ResourceRequest } from '../request.ts';
import { type AuditedRequest, type AuditPolicy, type AuditRule, DEFAULT_POLICY, decideAudit } from './policy.ts';
import { readAuditPolicy } from './policy-file.ts';

const ann = { name: 'ann', groups: ['dev'] };
const about = (path: string, verb: ResourceRequest['verb'] = 'get'): AuditedRequest => {
  const [place = '', name] = path.split(':');
  const [group = '', namespace = '', plural = '', subresource] = place.split('/');
  const target = {
    group,
    plural,
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(subresource && { subresource }),
  };
  return { info: { type: 'resource', version: 'v1', verb, ...target }, verb, path: '/x', user: ann };
};
const health: AuditedRequest = { info: { type: 'version' }, verb: 'get', path: '/version', user: ann };
const level = (request: AuditedRequest, ...rules: AuditRule[]) => decideAudit({ rules }, request).level;

test.each<[string, AuditedRequest, Omit<AuditRule, 'level'>, boolean]>([
  ['anything', about('/a/pods'), {}, true],
  ['a user', about('/a/pods'), { users: ['ann'] }, true],
  ['another user', about('/a/pods'), { users: ['bob'] }, false],
  ['a group', about('/a/pods'), { userGroups: ['ops', 'dev'] }, true],
  ['another group', about('/a/pods'), { userGroups: ['ops'] }, false],
  ['nobody known', { ...about('/a/pods'), user: undefined as never }, { users: ['ann'] }, false],
  ['a verb', about('/a/pods'), { verbs: ['get', 'list'] }, true],
  ['another verb', about('/a/pods', 'delete'), { verbs: ['get', 'list'] }, false],
  ['a resource', about('/a/pods'), { resources: [{ group: '', resources: ['pods'] }] }, true],
  ['not its subresource', about('/a/pods/log:p'), { resources: [{ resources: ['pods'] }] }, false],
  ['a subresource', about('/a/pods/log:p'), { resources: [{ resources: ['pods/log'] }] }, true],
  ['any of its subresources', about('/a/pods/log:p'), { resources: [{ resources: ['pods/*'] }] }, true],
  [
    'a subresource of any',
    about('apps/a/deployments/scale:p'),
    { resources: [{ group: 'apps', resources: ['*/scale'] }] },
    true,
  ],
  ['a group of resources', about('apps/a/deployments:p'), { resources: [{ group: 'apps' }] }, true],
  ['another group of resources', about('batch/a/jobs:p'), { resources: [{ group: 'apps' }] }, false],
  ['a name', about('/a/pods:p'), { resources: [{ resources: ['pods'], resourceNames: ['p'] }] }, true],
  ['another name', about('/a/pods:p'), { resources: [{ resources: ['pods'], resourceNames: ['q'] }] }, false],
  ['a namespace', about('/a/pods:p'), { namespaces: ['a'] }, true],
  ['what is in none', about('//nodes:p'), { namespaces: [''] }, true],
  ['a namespace itself', about('//namespaces:a'), { namespaces: ['a'] }, true],
  ['another namespace', about('/b/pods:p'), { namespaces: ['a'] }, false],
  ['a path', health, { nonResourceURLs: ['/version'] }, true],
  ['paths', health, { nonResourceURLs: ['/ver*'] }, true],
  ['other paths', health, { nonResourceURLs: ['/healthz*'] }, false],
  ['no resource', health, { resources: [{ group: '' }] }, false],
  ['no path', about('/a/pods'), { nonResourceURLs: ['*'] }, false],
])('a rule about %s', (_what, request, rule, matches) => {
  expect(level(request, { level: 'Request', ...rule })).toBe(matches ? 'Request' : 'None');
});

test('the first rule that is about a request decides, and leaves out stages with the policy', () => {
  const policy: AuditPolicy = {
    rules: [
      { level: 'None', users: ['bob'] },
      { level: 'RequestResponse', omitStages: ['ResponseStarted'], omitManagedFields: false },
      { level: 'Metadata' },
    ],
    omitStages: ['RequestReceived'],
    omitManagedFields: true,
  };
  const decision = decideAudit(policy, about('/a/pods'));
  expect(decision).toMatchObject({ level: 'RequestResponse', omitManagedFields: false });
  expect([...decision.omitStages]).toEqual(['RequestReceived', 'ResponseStarted']);
  expect(decideAudit(DEFAULT_POLICY, about('/a/secrets')).level).toBe('Metadata');
});

test.each(['/a/secrets:s', '/a/serviceaccounts/token:s', 'authentication.k8s.io//tokenreviews'])(
  'the body of %s is written only where a rule names it',
  (path) => {
    const request = about(path, 'create');
    const [group = '', , ...rest] = path.split(':')[0]!.split('/');
    const name = rest.join('/');
    expect(level(request, { level: 'RequestResponse' })).toBe('Metadata');
    expect(level(request, { level: 'Request', resources: [{ group, resources: ['*'] }] })).toBe('Metadata');
    expect(level(request, { level: 'Request', resources: [{ group }] })).toBe('Metadata');
    expect(level(request, { level: 'Request', resources: [{ group, resources: [name] }] })).toBe('Request');
  },
);

const policy = (rules: string) => `apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n${rules}`;

test('a policy is read from YAML', () => {
  const text = policy(
    '- level: None\n  verbs: [get]\n- level: Metadata\n  resources:\n  - group: ""\n    resources: [pods]',
  );
  const read = readAuditPolicy(text, 'p.yaml');
  expect(decideAudit(read, about('/a/pods')).level).toBe('None');
  expect(decideAudit(read, about('/a/pods', 'create')).level).toBe('Metadata');
  expect(decideAudit(read, about('/a/secrets', 'create')).level).toBe('None');
});

test.each([
  ['a: [', /the audit policy p.yaml is not YAML/],
  ['kind: Policy', /must have `apiVersion: audit.k8s.io\/v1`/],
  [policy(' []'), /needs at least one rule/],
  [policy('- level: All'), /has "All" at rules\[0\].level: it must be one of None, Metadata, Request, RequestResponse/],
  [policy('- {}'), /has nothing at rules\[0\].level/],
  [policy('- level: None\n  user: [a]'), /has the unknown field rules\[0\].user: known are level/],
  [policy('- level: None\n  users: a'), /has no list at rules\[0\].users/],
  [policy('- level: None\n  omitStages: [Late]'), /has "Late" at rules\[0\].omitStages/],
  [
    policy('- level: None\n  resources: [{resourceNames: [a]}]'),
    /names objects at rules\[0\].resources\[0\].resourceNames/,
  ],
  [policy('- level: None\n  namespaces: [a]\n  nonResourceURLs: [/a]'), /make two rules of it/],
])('a policy that cannot be used is refused: %#', (text, why) => {
  expect(() => readAuditPolicy(text, 'p.yaml')).toThrow(why);
});
