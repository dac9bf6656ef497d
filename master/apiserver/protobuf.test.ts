import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serviceAccounts } from '../../api/core/service-account.ts';
import { PROTOBUF_TYPE } from '../../api/protobuf/decode.ts';
import { eventually } from '../../test/eventually.ts';
import { ProtobufClient } from '../../test/protobuf-client.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

let server: TestServer;
let client: ProtobufClient;
beforeAll(async () => {
  server = await startTestServer();
  const { certPem: cert, keyPem: key } = server.admin;
  client = new ProtobufClient({ url: server.url, ca: server.authority.certPem, cert, key });
  const metadata = { name: 'default', namespace: 'default' };
  await server.objects.create(serviceAccounts, { metadata }, { user: 'test' });
});
afterAll(() => server.stop());

const NS = '/api/v1/namespaces/default';
const MAPS = `${NS}/configmaps`;
const MERGE = { 'content-type': 'application/merge-patch+json' };
const PARTIAL = { accept: `${PROTOBUF_TYPE};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json` };
const map = (name: string, data = { a: '1' }) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const pod = (name: string) => ({
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } } },
  spec: { containers: [{ name: 'main', image: 'x' }] },
});
const node = (name: string) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } });

describe('objects', () => {
  test('come and go as protobuf: made, read, changed, replaced, patched, listed', async () => {
    const made = await client.send(`POST ${MAPS}`, { body: map('one') });
    expect([made.code, made.headers['content-type']]).toEqual([201, PROTOBUF_TYPE]);
    expect(made.value).toMatchObject({ ...map('one'), metadata: { name: 'one', uid: expect.any(String) } });
    const put = await client.send(`PUT ${MAPS}/one`, { body: { ...made.value, data: { a: '2' } } });
    expect(put.value).toMatchObject({ data: { a: '2' }, metadata: { uid: made.value.metadata.uid } });
    const patched = await client.send(`PATCH ${MAPS}/one`, { body: { data: { b: '3' } }, headers: MERGE });
    expect([patched.code, patched.headers['content-type']]).toEqual([200, PROTOBUF_TYPE]);
    expect(patched.value.data).toEqual({ a: '2', b: '3' });
    const read = await client.send(`GET ${MAPS}/one`);
    expect(read.bytes.equals(patched.bytes)).toBe(true);
    const list = await client.send(`GET ${MAPS}?fieldSelector=metadata.name=one`);
    expect(list.value).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMapList',
      items: [{ data: { a: '2', b: '3' } }],
    });
    expect(Number(list.value.metadata.resourceVersion)).toBeGreaterThan(0);
  });

  test('are applied in YAML and answered in protobuf', async () => {
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const applied = await client.send(`PATCH ${MAPS}/applied?fieldManager=me`, { body: map('applied'), headers });
    expect([applied.code, applied.headers['content-type']]).toEqual([201, PROTOBUF_TYPE]);
    expect(applied.value.metadata.managedFields).toMatchObject([
      { manager: 'me', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {} } } },
    ]);
  });

  test('without messages of Kubernetes come in the next form that is listed; their metadata has one', async () => {
    await client.send('POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      body: {
        ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
        metadata: { name: 'boxes.example.com' },
        spec: {
          ...{ group: 'example.com', scope: 'Namespaced', names: { plural: 'boxes', kind: 'Box' } },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      },
    });
    const path = '/apis/example.com/v1/namespaces/default/boxes';
    await eventually('boxes to be served', async () => (await client.send(`GET ${path}`)).code === 200);
    const body = { apiVersion: 'example.com/v1', kind: 'Box', metadata: { name: 'b' } };
    const made = await client.send(`POST ${path}`, { body, headers: { 'content-type': 'application/json' } });
    expect([made.code, made.headers['content-type']]).toEqual([201, 'application/json']);
    for (const of of [`GET ${path}`, `GET ${path}/b`, 'GET /apis/stowage.dev/v1/bandquotas'])
      expect((await client.send(of)).headers['content-type']).toBe('application/json');
    expect((await client.send(`GET ${path}/b`, { headers: { accept: PROTOBUF_TYPE } })).code).toBe(406);
    const one = await client.send(`GET ${path}/b`, { headers: PARTIAL });
    expect(one.headers['content-type']).toBe(PROTOBUF_TYPE);
    expect(one.value).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'b' } });
    expect((await client.send(`POST ${path}`, { body: map('c') })).code).toBe(400);
    // What changed before there were any is forgotten.
    const watch = client.watch(`${path}?watch=true&resourceVersion=1`, PARTIAL);
    const ended = [];
    for await (const event of watch) ended.push(event);
    expect(ended).toMatchObject([['ERROR', { kind: 'Status', code: 410, reason: 'Expired' }]]);
  });
});

test.each(['/api', '/apis', '/apis/apps', '/api/v1', '/apis/apps/v1', '/version'])(
  '%s tells in JSON what there is',
  async (path) => {
    const { code, headers, value } = await client.send(`GET ${path}`);
    expect([code, headers['content-type']]).toEqual([200, 'application/json']);
    expect(value).toBeTypeOf('object');
  },
);

describe('deletions', () => {
  const options = (more: object) => ({ apiVersion: 'v1', kind: 'DeleteOptions', ...more });

  test('take options as protobuf, and answer a Status', async () => {
    const made = await client.send(`POST ${MAPS}`, { body: map('doomed') });
    const preconditions = { uid: 'another' };
    const kept = await client.send(`DELETE ${MAPS}/doomed`, { body: options({ preconditions }) });
    expect([kept.code, kept.value.reason]).toEqual([409, 'Conflict']);
    const { uid } = made.value.metadata;
    const dry = await client.send(`DELETE ${MAPS}/doomed`, {
      body: options({ preconditions: { uid }, dryRun: ['All'] }),
    });
    expect(dry.code).toBe(200);
    const gone = await client.send(`DELETE ${MAPS}/doomed`, {
      body: options({ preconditions: { uid }, propagationPolicy: 'Background', gracePeriodSeconds: 0 }),
    });
    expect([gone.code, gone.headers['content-type']]).toEqual([200, PROTOBUF_TYPE]);
    expect(gone.value).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'doomed', uid } });
  });

  test('of what something holds answer the object; of many, the list', async () => {
    const body = { ...map('held'), metadata: { name: 'held', finalizers: ['example.com/hold'], labels: { g: 'h' } } };
    await client.send(`POST ${MAPS}`, { body });
    const held = await client.send(`DELETE ${MAPS}/held`, { body: options({ propagationPolicy: 'Foreground' }) });
    expect(held.value).toMatchObject({ kind: 'ConfigMap', metadata: { deletionTimestamp: expect.any(String) } });
    const many = await client.send(`DELETE ${MAPS}?labelSelector=g%3Dh`, { body: options({}) });
    expect(many.value).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'held' } }] });
  });
});

describe('watches', () => {
  test('tell of the state, its end and of changes, in frames', async () => {
    await client.send(`POST ${MAPS}`, { body: map('seen') });
    const query = 'watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
    const events = client.watch(`${MAPS}?${query}&fieldSelector=metadata.name%3Dseen&timeoutSeconds=60`);
    const next = async () => (await events.next()).value as [string, ReturnType<typeof map> & { metadata: object }];
    expect(await next()).toMatchObject(['ADDED', map('seen')]);
    const [type, { kind, metadata }] = await next();
    expect([type, kind]).toEqual(['BOOKMARK', 'ConfigMap']);
    expect(metadata).toMatchObject({
      annotations: { 'k8s.io/initial-events-end': 'true' },
      resourceVersion: expect.stringMatching(/^\d+$/),
    });
    await client.send(`PATCH ${MAPS}/seen`, { body: { data: { a: '2' } }, headers: MERGE });
    expect(await next()).toMatchObject(['MODIFIED', { data: { a: '2' } }]);
    await client.send(`DELETE ${MAPS}/seen`);
    expect(await next()).toMatchObject(['DELETED', { data: { a: '2' } }]);
    await events.return(undefined);
  });

  test('of metadata alone', async () => {
    await client.send(`POST ${MAPS}`, { body: map('meta') });
    const events = client.watch(`${MAPS}?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dmeta`, PARTIAL);
    const [type, object] = (await events.next()).value as [string, object];
    expect([type, object]).toMatchObject(['ADDED', { kind: 'PartialObjectMetadata', metadata: { name: 'meta' } }]);
    await events.return(undefined);
  });
});

describe('what is not an object of its path', () => {
  test('a Binding, an Eviction, a Scale, a review', async () => {
    await client.send('POST /api/v1/nodes', { body: node('n1') });
    await client.send(`POST ${NS}/pods`, { body: pod('p') });
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'p' },
      target: { kind: 'Node', name: 'n1' },
    };
    const bound = await client.send(`POST ${NS}/pods/p/binding`, { body: binding });
    expect([bound.code, bound.value]).toMatchObject([201, { kind: 'Status', status: 'Success' }]);
    expect((await client.send(`GET ${NS}/pods/p`)).value.spec.nodeName).toBe('n1');
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: 'default' } };
    const evicted = await client.send(`POST ${NS}/pods/p/eviction`, { body: eviction });
    expect([evicted.code, evicted.value]).toMatchObject([201, { kind: 'Status', status: 'Success' }]);
    const selector = { matchLabels: { app: 'd' } };
    const { metadata, spec } = { ...pod('d'), metadata: { labels: { app: 'd' } } };
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } };
    const template = { metadata, spec };
    await client.send('POST /apis/apps/v1/namespaces/default/deployments', {
      body: { ...body, spec: { replicas: 0, selector, template } },
    });
    const path = '/apis/apps/v1/namespaces/default/deployments/d/scale';
    const scale = await client.send(`GET ${path}`);
    expect(scale.value).toMatchObject({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' } });
    const scaled = await client.send(`PUT ${path}`, { body: { ...scale.value, spec: { replicas: 2 } } });
    expect([scaled.code, scaled.value.spec]).toEqual([200, { replicas: 2 }]);
    const review = {
      ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    };
    const reviewed = await client.send('POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { body: review });
    expect([reviewed.code, reviewed.value.status]).toMatchObject([201, { allowed: true }]);
  });

  test('failures are told in protobuf too', async () => {
    const missing = await client.send(`GET ${MAPS}/nobody`);
    expect([missing.code, missing.headers['content-type']]).toEqual([404, PROTOBUF_TYPE]);
    expect(missing.value).toMatchObject({ kind: 'Status', reason: 'NotFound', details: { name: 'nobody' } });
    const wrong = await client.send(`POST ${MAPS}`, { body: pod('not-a-map') });
    expect([wrong.code, wrong.value.kind]).toEqual([400, 'Status']);
    const invalid = await client.send(`POST ${MAPS}`, { body: map('Not A Name') });
    expect(invalid.value).toMatchObject({ code: 422, details: { causes: [{ field: 'metadata.name' }] } });
  });
});
