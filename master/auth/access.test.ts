import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serviceAccounts } from '../../api/core/service-account.ts';
import { RBAC_GROUP } from '../../api/rbac/policy-rule.ts';
import { roles } from '../../api/rbac/role.ts';
import { roleBindings } from '../../api/rbac/role-binding.ts';
import { systemClock } from '../../platform/clock.ts';
import type { KeyPair } from '../../platform/pki.ts';
import { failure, NS } from '../apiserver/manifests.fixture.ts';
import { startTestServer, type TestServer } from '../apiserver/server.fixture.ts';
import { testAuth } from './auth.fixture.ts';
import { to } from './defaults/rule-text.ts';
import { FakeCache } from './fake-cache.fixture.ts';

/** Who may do what, over HTTP. */

let server: TestServer;
let ann: KeyPair;
beforeAll(async () => {
  server = await startTestServer();
  ann = await person('ann');
  const { objects } = server;
  const context = { user: 'test' };
  const rules = [to('get list create patch', '', 'configmaps')];
  await objects.create(roles, { metadata: { name: 'worker', namespace: 'default' }, rules }, context);
  await objects.create(serviceAccounts, { metadata: { name: 'robot', namespace: 'default' } }, context);
  await objects.create(
    roleBindings,
    {
      metadata: { name: 'workers', namespace: 'default' },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: 'worker' },
      subjects: [
        { kind: 'User', apiGroup: RBAC_GROUP, name: 'ann' },
        { kind: 'ServiceAccount', name: 'robot', namespace: 'default' },
      ],
    },
    context,
  );
});
afterAll(() => server.stop());

const person = (commonName: string, ...organizations: string[]) =>
  server.authority.issue({ commonName, organizations, usages: ['client'], validDays: 1 });
const AUTHENTICATION = '/apis/authentication.k8s.io/v1';
const AUTHORIZATION = '/apis/authorization.k8s.io/v1';
const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

describe('a user with a role', () => {
  test('may do just that', async () => {
    expect((await server.send(`POST ${NS}/configmaps`, { as: ann, body: map('anns') })).code).toBe(201);
    expect((await server.send(`GET ${NS}/configmaps/anns`, { as: ann })).code).toBe(200);
    expect((await server.send(`DELETE ${NS}/configmaps/anns`, { as: ann })).json).toEqual(
      failure(
        403,
        'Forbidden',
        /^configmaps "anns" is forbidden: User "ann" cannot delete resource "configmaps" in API group "" in the namespace "default"$/,
      ),
    );
    expect((await server.send(`GET ${NS}/secrets`, { as: ann })).code).toBe(403);
    expect((await server.send('GET /api/v1/configmaps', { as: ann })).code).toBe(403);
    expect((await server.send('GET /api/v1/namespaces/kube-system/configmaps', { as: ann })).code).toBe(403);
  });

  test('who may patch but not create makes nothing by applying', async () => {
    await server.objects.create(
      roles,
      { metadata: { name: 'patcher', namespace: 'default' }, rules: [to('patch get', '', 'configmaps')] },
      { user: 'test' },
    );
    await server.objects.create(
      roleBindings,
      {
        metadata: { name: 'patchers', namespace: 'default' },
        roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: 'patcher' },
        subjects: [{ kind: 'User', apiGroup: RBAC_GROUP, name: 'pat' }],
      },
      { user: 'test' },
    );
    const as = await person('pat');
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const apply = (who: KeyPair) =>
      server.send(`PATCH ${NS}/configmaps/applied?fieldManager=x`, { as: who, body: map('applied'), headers });
    expect((await apply(as)).json).toEqual(failure(403, 'Forbidden', /cannot create resource "configmaps"/));
    expect((await apply(ann)).code).toBe(201);
    expect((await apply(as)).code).toBe(200);
  });
});

describe('reviews', () => {
  const may = async (path: string, spec: object, as?: KeyPair, namespace?: string) => {
    const { json } = await server.send(`POST ${AUTHORIZATION}${path}`, { as, body: { metadata: { namespace }, spec } });
    return json.status;
  };
  const create = { verb: 'create', resource: 'configmaps', namespace: 'default' };

  test('of others', async () => {
    expect(await may('/subjectaccessreviews', { user: 'ann', resourceAttributes: create })).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "workers/default" of Role "worker" to User "ann"',
    });
    expect(await may('/subjectaccessreviews', { user: 'bob', resourceAttributes: create })).toEqual({ allowed: false });
    expect(await may('/subjectaccessreviews', { groups: ['system:masters'], resourceAttributes: create })).toEqual({
      allowed: true,
    });
    expect(
      await may('/namespaces/default/localsubjectaccessreviews', { user: 'ann', resourceAttributes: create }),
    ).toMatchObject({ allowed: true });
    const path = {
      user: 'x',
      groups: ['system:unauthenticated'],
      nonResourceAttributes: { verb: 'get', path: '/version' },
    };
    expect(await may('/subjectaccessreviews', path)).toMatchObject({ allowed: true });
    expect((await server.send(`POST ${AUTHORIZATION}/subjectaccessreviews`, { as: ann, body: {} })).code).toBe(403);
    expect((await server.send(`POST ${AUTHORIZATION}/subjectaccessreviews`, { body: { spec: {} } })).code).toBe(422);
    expect((await server.send(`GET ${AUTHORIZATION}/subjectaccessreviews`)).code).toBe(405);
  });

  test('of oneself', async () => {
    expect(await may('/selfsubjectaccessreviews', { resourceAttributes: create }, ann)).toMatchObject({
      allowed: true,
    });
    expect(await may('/selfsubjectaccessreviews', { resourceAttributes: { ...create, verb: 'delete' } }, ann)).toEqual({
      allowed: false,
    });
    const { resourceRules, incomplete } = await may('/selfsubjectrulesreviews', { namespace: 'default' }, ann);
    expect(incomplete).toBe(false);
    expect(resourceRules).toContainEqual({
      verbs: ['get', 'list', 'create', 'patch'],
      apiGroups: [''],
      resources: ['configmaps'],
    });
    const { json } = await server.send(`POST ${AUTHENTICATION}/selfsubjectreviews`, { as: ann, body: {} });
    expect(json.status.userInfo).toEqual({ username: 'ann', groups: ['system:authenticated'] });
  });

  test('as somebody else', async () => {
    const headers = { 'impersonate-user': 'bob', 'impersonate-group': 'dev' };
    const { json } = await server.send(`POST ${AUTHENTICATION}/selfsubjectreviews`, {
      body: {},
      headers: { ...headers, 'content-type': 'application/json' },
    });
    expect(json.status.userInfo).toEqual({ username: 'bob', groups: ['dev', 'system:authenticated'] });
    expect((await server.send(`GET ${NS}/configmaps`, { headers })).code).toBe(403);
    expect((await server.send(`GET ${NS}/configmaps`, { as: ann, headers })).json).toEqual(
      failure(403, 'Forbidden', /^users "bob" is forbidden: User "ann" cannot impersonate resource "users"/),
    );
  });
});

describe('a token of a service account', () => {
  const request = (body: object, account = 'robot') =>
    server.send(`POST ${NS}/serviceaccounts/${account}/token`, { body });
  const withToken = (token: string) => ({ as: null, headers: { authorization: `Bearer ${token}` } });

  test('is made, used, and reviewed', async () => {
    const { code, json } = await request({ spec: { expirationSeconds: 1200 } });
    expect(code).toBe(201);
    expect(json).toMatchObject({
      kind: 'TokenRequest',
      metadata: { name: 'robot', namespace: 'default' },
      spec: { expirationSeconds: 1200 },
    });
    const { token } = json.status;
    expect((await server.send(`GET ${NS}/configmaps`, withToken(token))).code).toBe(200);
    expect((await server.send(`GET ${NS}/secrets`, withToken(token))).code).toBe(403);
    expect((await server.send(`GET ${NS}/configmaps`, withToken(`${token}x`))).json).toEqual(
      failure(401, 'Unauthorized', /./),
    );
    const review = async (spec: object) =>
      (await server.send(`POST ${AUTHENTICATION}/tokenreviews`, { body: { spec } })).json.status;
    expect(await review({ token })).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:robot' },
    });
    expect(await review({ token, audiences: ['vault'] })).toMatchObject({ error: expect.any(String) });
    expect(await review({ token: 'nonsense' })).toMatchObject({ error: 'invalid bearer token' });
  });

  test.each<[object, number, RegExp, string?]>([
    [{ spec: { expirationSeconds: 60 } }, 422, /may not specify a duration less than 10 minutes/],
    [{ spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'x' } } }, 404, /pods "x" not found/],
    [{ spec: { boundObjectRef: { apiVersion: 'v1', kind: 'ConfigMap', name: 'x' } } }, 400, /cannot bind token/],
    [{}, 404, /serviceaccounts "nobody" not found/, 'nobody'],
  ])('%j is refused', async (body, code, message, account) => {
    const { json } = await request(body, account);
    expect([json.code, json.message]).toEqual([code, expect.stringMatching(message)]);
  });

  test('can be verified by others: the issuer says how, to those who may ask', async () => {
    const { json: configuration } = await server.send('GET /.well-known/openid-configuration');
    expect(configuration.jwks_uri).toBe(`${server.url}/openid/v1/jwks`);
    expect((await server.send('GET /openid/v1/jwks')).json.keys).toHaveLength(1);
    const { token } = (await request({})).json.status;
    expect((await server.send('GET /openid/v1/jwks', withToken(token))).code).toBe(200);
    expect((await server.send('GET /openid/v1/jwks', { as: ann })).code).toBe(403);
  });
});

test('a node sees itself and writes nothing of others', async () => {
  const as = await person('system:node:n1', 'system:nodes');
  const node = (name: string) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } });
  expect((await server.send('POST /api/v1/nodes', { as, body: node('n1') })).code).toBe(201);
  expect((await server.send('POST /api/v1/nodes', { as, body: node('n2') })).json.message).toContain(
    'node "n1" is not allowed to modify node "n2"',
  );
  expect((await server.send('GET /api/v1/nodes/n1', { as })).code).toBe(200);
  expect((await server.send('GET /api/v1/nodes', { as })).code).toBe(403);
});

test('a node gets tokens for its pods, for whom they show them', async () => {
  const as = await person('system:node:n3', 'system:nodes');
  for (const name of ['n3', 'n4']) {
    const body = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
    expect((await server.send('POST /api/v1/nodes', { body })).code).toBe(201);
    const sources = [{ serviceAccountToken: { path: 'a', audience: 'vault' } }, { serviceAccountToken: { path: 'b' } }];
    const spec = {
      nodeName: name,
      serviceAccountName: 'robot',
      containers: [{ name: 'main', image: 'a:1' }],
      volumes: [{ name: 'v', projected: { sources } }],
    };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: `on-${name}` }, spec };
    expect((await server.send(`POST ${NS}/pods`, { body: pod })).code).toBe(201);
  }
  const ask = async (pod: string | undefined, audiences?: string[]) => {
    const boundObjectRef = pod && { apiVersion: 'v1', kind: 'Pod', name: pod };
    const body = { spec: { audiences, boundObjectRef } };
    const { code, json } = await server.send(`POST ${NS}/serviceaccounts/robot/token`, { as, body });
    return code === 201 ? 'given' : json.message;
  };
  expect(await ask('on-n3')).toBe('given');
  expect(await ask('on-n3', ['vault'])).toBe('given');
  expect(await ask('on-n3', ['elsewhere'])).toMatch(/audience "elsewhere" not found in pod spec volume/);
  expect(await ask('on-n4')).toMatch(/can only request tokens of pods that run on it/);
  expect(await ask(undefined)).toMatch(/can only request tokens bound to a pod/);
});

test('where everything is allowed, everything is, and a token that is no good is still none', async () => {
  const auth = testAuth(new FakeCache().cache, systemClock, { mode: 'AlwaysAllow' });
  const action = { type: 'path', verb: 'get', path: '/x' } as const;
  expect(auth.authorizer.authorize({ name: 'x', groups: [] }, action).allowed).toBe(true);
  await expect(auth.authenticator.identify({ type: 'none' }, { authorization: 'Bearer x' })).rejects.toThrow(
    'Unauthorized',
  );
});
