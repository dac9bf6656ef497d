import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configMaps } from '../../api/core/config-map.ts';
import { eventually } from '../../test/eventually.ts';
import { configMap, deployment, failure, NS, pod } from './manifests.fixture.ts';
import { type Reply, startTestServer, type TestServer } from './server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

interface Options {
  readonly query?: string;
  readonly subresource?: string;
}

const apply = (
  manager: string,
  plural: string,
  object: Named,
  { query = '', subresource = '' }: Options = {},
): Promise<Reply> =>
  server.send(`PATCH ${pathOf(plural, object.metadata.name)}${subresource}?fieldManager=${manager}${query}`, {
    body: object,
    headers: { 'content-type': 'application/apply-patch+yaml' },
  });

interface Named {
  readonly metadata: { readonly name: string };
}
const groupOf = (plural: string) => (plural === 'deployments' ? `/apis/apps/v1/namespaces/default` : NS);
const pathOf = (plural: string, name: string) => `${groupOf(plural)}/${plural}/${name}`;
const read = async (plural: string, name: string) => (await server.send(`GET ${pathOf(plural, name)}`)).json;
const named = (name: string, data: Record<string, string | null>, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

/** `manager operation` with the fields, for each entry. */
const account = ({ metadata }: { metadata: { managedFields?: Entry[] } }) =>
  Object.fromEntries(
    (metadata.managedFields ?? []).map(({ manager, operation, subresource, fieldsV1 }) => [
      `${manager} ${operation}${subresource ? ` ${subresource}` : ''}`,
      fieldsV1,
    ]),
  );
interface Entry {
  manager: string;
  operation: string;
  subresource?: string;
  fieldsV1: object;
  time: string;
}

describe('writes are accounted for', () => {
  test('by field manager, or by program', async () => {
    const made = await server.send(`POST ${NS}/configmaps?fieldManager=maker`, {
      body: configMap('owned', { a: '1' }),
    });
    expect(made.json.metadata.managedFields).toEqual([
      {
        manager: 'maker',
        operation: 'Update',
        apiVersion: 'v1',
        time: made.json.metadata.creationTimestamp,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
      },
    ]);
    const patched = await server.send(`PATCH ${NS}/configmaps/owned`, {
      body: { data: { a: '2', b: '1' } },
      headers: { 'content-type': 'application/merge-patch+json', 'user-agent': 'some-program/v1 (linux)' },
    });
    expect(account(patched.json)).toEqual({
      'maker Update': { 'f:data': {} },
      'some-program Update': { 'f:data': { 'f:a': {}, 'f:b': {} } },
    });
    const removed = await server.send(`PATCH ${NS}/configmaps/owned?fieldManager=maker`, {
      body: { data: { b: null } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(account(removed.json)).toEqual({
      'maker Update': { 'f:data': {} },
      'some-program Update': { 'f:data': { 'f:a': {} } },
    });
  });

  test('a pod has its lists by key, without what admission added', async () => {
    const { json } = await server.send(`POST ${NS}/pods?fieldManager=maker`, { body: pod('keyed') });
    const fields = account(json)['maker Update'] as { 'f:spec': Record<string, object> };
    expect(fields['f:spec']['f:containers']).toMatchObject({ 'k:{"name":"main"}': { '.': {}, 'f:image': {} } });
    expect(fields['f:spec']).toHaveProperty('f:restartPolicy');
    expect(fields['f:spec']).not.toHaveProperty('f:tolerations');
  });

  test('through a subresource apart', async () => {
    await server.send(`POST ${NS}/pods?fieldManager=maker`, { body: pod('told') });
    await server.send(`PATCH ${NS}/pods/told/status?fieldManager=teller`, {
      body: { status: { message: 'hello' } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(account(await read('pods', 'told'))['teller Update status']).toEqual({ 'f:status': { 'f:message': {} } });
  });

  test.each([
    ['empty', []],
    ['of one empty entry', [{}]],
  ])('until a list of managers that is %s asks to forget', async (_, managedFields) => {
    const path = `${NS}/configmaps/forgotten-${managedFields.length}`;
    await server.send(`POST ${NS}/configmaps`, { body: configMap(`forgotten-${managedFields.length}`, { a: '1' }) });
    const merge = (body: object) =>
      server.send(`PATCH ${path}`, { body, headers: { 'content-type': 'application/merge-patch+json' } });
    expect((await merge({ metadata: { managedFields: null } })).json.metadata.managedFields).toHaveLength(1);
    expect((await merge({ metadata: { managedFields } })).json.metadata).not.toHaveProperty('managedFields');
    expect((await merge({ data: { a: '2' } })).json.metadata).not.toHaveProperty('managedFields');
  });

  test('whatever nonsense a client says of it', async () => {
    await server.send(`POST ${NS}/configmaps?fieldManager=maker`, { body: configMap('nonsense', { a: '1' }) });
    const managedFields = [
      { manager: 'liar', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { x: {} } },
    ];
    const { json } = await server.send(`PATCH ${NS}/configmaps/nonsense?fieldManager=maker`, {
      body: { metadata: { managedFields } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(account(json)).toEqual({ 'maker Update': { 'f:data': { '.': {}, 'f:a': {} } } });
  });
});

describe('apply', () => {
  test('makes, keeps, and takes away what its manager says no more', async () => {
    const made = await apply('one', 'configmaps', named('mine', { a: '1', b: '2' }));
    expect(made.code).toBe(201);
    expect(account(made.json)).toEqual({ 'one Apply': { 'f:data': { 'f:a': {}, 'f:b': {} } } });
    const again = await apply('one', 'configmaps', named('mine', { a: '1', b: '2' }));
    expect(again.code).toBe(200);
    expect(again.json).toEqual(made.json);
    const less = await apply('one', 'configmaps', named('mine', { a: '1' }));
    expect(less.json.data).toEqual({ a: '1' });
    const none = await apply('one', 'configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'mine' },
    } as Named);
    expect(none.json).not.toHaveProperty('data');
    expect(none.json.metadata).not.toHaveProperty('managedFields');
  });

  test('refuses what others own, unless forced', async () => {
    await apply('one', 'configmaps', named('shared', { a: '1', b: '1', c: '1' }));
    const refused = await apply('two', 'configmaps', named('shared', { a: '2', b: '2', c: '1' }));
    expect(refused.json).toEqual(
      failure(409, 'Conflict', 'Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b'),
    );
    expect(refused.json.details.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.b' },
    ]);
    const forced = await apply('two', 'configmaps', named('shared', { a: '2', b: '2', c: '1' }), {
      query: '&force=true',
    });
    expect(forced.json.data).toEqual({ a: '2', b: '2', c: '1' });
    expect(account(forced.json)).toEqual({
      'one Apply': { 'f:data': { 'f:c': {} } },
      'two Apply': { 'f:data': { 'f:a': {}, 'f:b': {}, 'f:c': {} } },
    });
    // What both own stays when one lets go of it.
    await apply('two', 'configmaps', named('shared', {}));
    expect((await read('configmaps', 'shared')).data).toEqual({ c: '1' });
  });

  test('over an object of somebody who updates', async () => {
    await server.send(`POST ${NS}/configmaps?fieldManager=maker`, { body: configMap('made', { a: '1' }) });
    const refused = await apply('one', 'configmaps', named('made', { a: '2' }));
    expect(refused.json.message).toBe('Apply failed with 1 conflict: conflict with "maker" using v1: .data.a');
    expect((await apply('one', 'configmaps', named('made', { a: '1', b: '1' }))).code).toBe(200);
  });

  test('over an object of which nobody kept account', async () => {
    await server.objects.create(
      configMaps,
      { metadata: { name: 'unclaimed', namespace: 'default' }, data: { a: '1' } },
      { user: 'component' },
    );
    const refused = await apply('one', 'configmaps', named('unclaimed', { a: '2' }));
    expect(refused.json.message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a',
    );
  });

  test('merges lists by key and leaves the order of others alone', async () => {
    const container = (name: string, extra: object = {}) => ({ name, image: `some/${name}`, ...extra });
    const workload = (containers: object[], replicas?: number) => ({
      ...deployment('lists'),
      spec: {
        ...deployment('lists').spec,
        replicas,
        template: { metadata: { labels: { app: 'lists' } }, spec: { containers } },
      },
    });
    const ports = [{ containerPort: 80 }];
    const made = await apply(
      'one',
      'deployments',
      workload([container('a', { ports }), container('b')], 3) as unknown as Named,
    );
    expect(made.code).toBe(201);
    const part = (containers: object[]) =>
      ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'lists' },
        spec: { template: { spec: { containers } } },
      }) as Named;
    const env = [{ name: 'X', value: '1' }];
    const both = await apply('two', 'deployments', part([{ name: 'b', env }, container('c')]));
    expect(both.code).toBe(200);
    const found = both.json.spec.template.spec.containers;
    expect(found.map(({ name }: { name: string }) => name)).toEqual(['a', 'b', 'c']);
    expect(found[1]).toMatchObject({ image: 'some/b', env });
    expect(found[0].ports).toEqual([{ containerPort: 80, protocol: 'TCP' }]);
    const same = await apply(
      'one',
      'deployments',
      workload([container('a', { ports }), container('b')], 3) as unknown as Named,
    );
    expect(same.json).toEqual(both.json);
    const gone = await apply('two', 'deployments', part([]));
    expect(gone.json.spec.template.spec.containers).toEqual(made.json.spec.template.spec.containers);
    const dropped = await apply('one', 'deployments', workload([container('b')]) as unknown as Named);
    expect(dropped.json.spec.template.spec.containers.map(({ name }: { name: string }) => name)).toEqual(['b']);
    expect(dropped.json.spec.replicas).toBe(1);
  });

  test('through status and scale', async () => {
    await server.send('POST /apis/apps/v1/namespaces/default/deployments?fieldManager=maker', {
      body: deployment('parts', 2),
    });
    const status = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'parts' },
      spec: { replicas: 9 },
      status: { replicas: 5 },
    };
    const told = await apply('teller', 'deployments', status, { subresource: '/status' });
    expect(told.json).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 5 } });
    expect(account(told.json)['teller Apply status']).toEqual({ 'f:status': { 'f:replicas': {} } });
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'parts' }, spec: { replicas: 4 } };
    const refused = await apply('scaler', 'deployments', scale, { subresource: '/scale' });
    expect(refused.json.message).toBe(
      'Apply failed with 1 conflict: conflict with "maker" using apps/v1: .spec.replicas',
    );
    const scaled = await apply('scaler', 'deployments', scale, { subresource: '/scale', query: '&force=true' });
    expect(scaled.json).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } });
    expect(account(await read('deployments', 'parts'))['scaler Apply scale']).toEqual({
      'f:spec': { 'f:replicas': {} },
    });
    const absent = await apply(
      'teller',
      'deployments',
      { ...status, metadata: { name: 'absent' } },
      { subresource: '/status' },
    );
    expect(absent.code).toBe(404);
  });

  test('to a custom resource, by its own schema', async () => {
    const items = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    };
    const any = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const spec = { type: 'object', properties: { items, any } };
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec, status: { type: 'object' } } } };
    await server.send('POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      body: {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'boxes.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'boxes', kind: 'Box' },
          versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }],
        },
      },
    });
    const path = '/apis/example.com/v1/namespaces/default/boxes';
    await eventually('boxes to be served', async () => (await server.send(`GET ${path}`)).code === 200);
    const box = (manager: string, wanted: object) =>
      server.send(`PATCH ${path}/b?fieldManager=${manager}`, {
        body: { apiVersion: 'example.com/v1', kind: 'Box', metadata: { name: 'b' }, spec: wanted },
        headers: { 'content-type': 'application/apply-patch+yaml' },
      });
    expect((await box('one', { items: [{ name: 'a' }], any: { deep: { x: [1] } } })).code).toBe(201);
    expect((await box('two', { items: [{ name: 'b' }], any: { deep: { y: 2 } } })).json.spec).toEqual({
      items: [{ name: 'a' }, { name: 'b' }],
      any: { deep: { x: [1], y: 2 } },
    });
    expect((await box('one', {})).json.spec).toEqual({ items: [{ name: 'b' }], any: { deep: { y: 2 } } });
    expect((await box('one', { item: [] })).json.message).toMatch(/\.spec\.item: field not declared in schema/);
  });

  test('in a dry run changes nothing', async () => {
    expect((await apply('one', 'configmaps', named('dry', { a: '1' }), { query: '&dryRun=All' })).code).toBe(201);
    expect((await server.send(`GET ${NS}/configmaps/dry`)).code).toBe(404);
  });

  test('holds to an identity and a version', async () => {
    const { uid } = (await apply('one', 'configmaps', named('pinned', { a: '1' }))).json.metadata;
    expect((await apply('one', 'configmaps', named('pinned', { a: '2' }, { uid }))).code).toBe(200);
    expect((await apply('one', 'configmaps', named('pinned', { a: '3' }, { uid: 'other' }))).code).toBe(409);
    expect((await apply('one', 'configmaps', named('pinned', { a: '3' }, { resourceVersion: '1' }))).code).toBe(409);
    expect((await apply('one', 'configmaps', named('unborn', { a: '3' }, { uid }))).code).toBe(409);
  });

  test('takes YAML', async () => {
    const reply = await server.send(`PATCH ${NS}/configmaps/yaml?fieldManager=one`, {
      body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: "1"\n  a: "2"\n',
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect(reply.json.data).toEqual({ a: '2' });
    expect(reply.headers.warning).toMatch(/unique/);
  });

  test.each<[string, string, object | string, RegExp]>([
    [
      'no manager',
      '',
      {},
      /^PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch$/,
    ],
    ['a manager that is too long', `?fieldManager=${'x'.repeat(129)}`, {}, /Too long/],
    ['a manager that cannot be printed', '?fieldManager=a%07', {}, /invalid character U\+0007 \(at position 1\)/],
    ['no object', '?fieldManager=a', '- a', /must be an object/],
    ['what holds itself', '?fieldManager=a', 'metadata: {ownerReferences: [{uid: &a [*a]}]}', /more than 200 levels/],
    ['endless nesting', '?fieldManager=a', `{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`, /more than 200 levels/],
    ['no YAML', '?fieldManager=a', '{a: ]', /error decoding YAML/],
    [
      'no version',
      '?fieldManager=a',
      {},
      /Incorrect version specified in apply patch. Specified patch version: , expected: v1/,
    ],
    ['another kind', '?fieldManager=a', { apiVersion: 'v1', kind: 'Secret' }, /Incorrect kind/],
    [
      'an unknown field',
      '?fieldManager=a',
      { apiVersion: 'v1', kind: 'ConfigMap', dat: {} },
      /^failed to create typed patch object \(default\/bad; \/v1, Kind=ConfigMap\): \.dat: field not declared in schema$/,
    ],
    [
      'a wrong type',
      '?fieldManager=a',
      { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 1 } },
      /\.data\.a: expected string, got 1$/,
    ],
    [
      'very many faults, of which it tells a few',
      '?fieldManager=a',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ownerReferences: Array.from({ length: 500 }, () => 'x') } },
      /element 19: [^\n]*$/,
    ],
    [
      'managers',
      '?fieldManager=a',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { managedFields: [] } },
      /metadata\.managedFields must be nil/,
    ],
    [
      'another name',
      '?fieldManager=a',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } },
      /does not match the name on the URL/,
    ],
  ])('refuses %s', async (_, query, body, message) => {
    const reply = await server.send(`PATCH ${NS}/configmaps/bad${query}`, {
      body,
      headers: { 'content-type': 'application/apply-patch+yaml' },
    });
    expect([400, 422]).toContain(reply.code);
    expect(reply.json.message).toMatch(message);
  });

  test('alone may force', async () => {
    const reply = await server.send(`PATCH ${NS}/configmaps/bad?force=true`, {
      body: {},
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(reply.json).toEqual(failure(422, 'Invalid', /force: Forbidden: may not be specified for non-apply patch/));
  });
});
