import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer, WatchReader } from './server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const NS = '/api/v1/namespaces/default';
const configMap = (name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
});
const deployment = (name: string, replicas = 1) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'web:1' }] },
    },
  },
});
const pod = (name: string, containers = ['main']) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: containers.map((container) => ({ name: container, image: 'web:1' })) },
});
const create = (object: object, plural = 'configmaps') => server.send(`POST ${NS}/${plural}`, { body: object });
const failure = (code: number, reason: string, message: RegExp | string) =>
  expect.objectContaining({ kind: 'Status', status: 'Failure', code, reason, message: expect.stringMatching(message) });

describe('objects', () => {
  test('are created, read, replaced and deleted', async () => {
    const made = await create(configMap('story', { a: '1' }));
    expect(made.code).toBe(201);
    expect(made.json).toMatchObject({ kind: 'ConfigMap', data: { a: '1' }, metadata: { namespace: 'default' } });
    expect(made.json.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);

    const read = await server.send(`GET ${NS}/configmaps/story`);
    expect(read.json).toEqual(made.json);

    const replaced = await server.send(`PUT ${NS}/configmaps/story`, { body: { ...read.json, data: { a: '2' } } });
    expect(replaced.json).toMatchObject({ data: { a: '2' } });

    const stale = await server.send(`PUT ${NS}/configmaps/story`, { body: { ...read.json, data: { a: '3' } } });
    expect(stale.json).toEqual(failure(409, 'Conflict', /the object has been modified/));

    const gone = await server.send(`DELETE ${NS}/configmaps/story`);
    expect(gone.json).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { kind: 'configmaps', name: 'story' },
    });
    const missing = await server.send(`GET ${NS}/configmaps/story`);
    expect(missing.json).toEqual(failure(404, 'NotFound', 'configmaps "story" not found'));
    expect((await server.send(`PUT ${NS}/configmaps/story`, { body: configMap('story') })).code).toBe(404);
  });

  test('get a name from generateName', async () => {
    const reply = await create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'gen-' } });
    expect(reply.json.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
  });

  test('are checked but not stored by a dry run', async () => {
    const reply = await server.send(`POST ${NS}/configmaps?dryRun=All`, { body: configMap('ghost') });
    expect(reply.code).toBe(201);
    expect((await server.send(`GET ${NS}/configmaps/ghost`)).code).toBe(404);
    const refused = await server.send(`POST ${NS}/configmaps?dryRun=Some`, { body: configMap('ghost') });
    expect(refused.json).toEqual(failure(422, 'Invalid', /dryRun: Unsupported value: "Some"/));
  });

  test('may come as YAML and be shown as YAML', async () => {
    const reply = await server.send(`POST ${NS}/configmaps`, {
      body: 'kind: ConfigMap\nmetadata:\n  name: from-yaml\ndata:\n  a: "1"\n',
      headers: { 'content-type': 'application/yaml', accept: 'application/yaml' },
    });
    expect(reply.headers['content-type']).toBe('application/yaml');
    expect(reply.text).toMatch(/^kind: ConfigMap$/m);
  });

  test('may come without a Content-Type', async () => {
    await create(configMap('bare'));
    const reply = await server.send(`DELETE ${NS}/configmaps/bare`, {
      body: { propagationPolicy: 'Background' },
      headers: { 'content-type': '' },
    });
    expect(reply.code).toBe(200);
  });

  test('pods end gracefully: the object stays until its agent is done', async () => {
    await create(pod('slow'), 'pods');
    const bound = await server.send(`POST ${NS}/pods/slow/binding`, {
      body: { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'slow' }, target: { kind: 'Node', name: 'n1' } },
    });
    expect(bound.code).toBe(201);
    const again = await server.send(`POST ${NS}/pods/slow/binding`, { body: { target: { kind: 'Node', name: 'n2' } } });
    expect(again.json).toEqual(failure(409, 'Conflict', /pod slow is already assigned to node "n1"/));
    const marked = await server.send(`DELETE ${NS}/pods/slow`);
    expect(marked.json).toMatchObject({
      kind: 'Pod',
      spec: { nodeName: 'n1' },
      metadata: { deletionGracePeriodSeconds: 30 },
    });
    const forced = await server.send(`DELETE ${NS}/pods/slow?gracePeriodSeconds=0`);
    expect(forced.json).toMatchObject({ kind: 'Status', status: 'Success' });
  });

  test('deletion minds its preconditions and refuses bad options', async () => {
    await create(configMap('kept'));
    const body = { preconditions: { uid: 'another' } };
    const other = await server.send(`DELETE ${NS}/configmaps/kept`, { body });
    expect(other.json).toEqual(failure(409, 'Conflict', /UID in precondition: another/));
    const bad = await server.send(`DELETE ${NS}/configmaps/kept`, { body: { propagationPolicy: 'Sideways' } });
    expect(bad.json).toEqual(failure(422, 'Invalid', /propagationPolicy: Unsupported value: "Sideways"/));
    const dry = await server.send(`DELETE ${NS}/configmaps/kept`, { body: { dryRun: ['All'] } });
    expect(dry.code).toBe(200);
    expect((await server.send(`GET ${NS}/configmaps/kept`)).code).toBe(200);
  });

  test('are deleted many at once, by selector', async () => {
    for (const name of ['many-1', 'many-2']) await create(configMap(name, {}, { many: 'yes' }));
    const reply = await server.send(`DELETE ${NS}/configmaps?labelSelector=many=yes`);
    expect(reply.json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
      'many-1',
      'many-2',
    ]);
    expect((await server.send(`GET ${NS}/configmaps?labelSelector=many`)).json.items).toEqual([]);
    expect((await server.send('DELETE /api/v1/namespaces')).code).toBe(405);
  });
});

describe('patches', () => {
  const patch = (path: string, type: string, body: unknown) =>
    server.send(`PATCH ${path}`, { body, headers: { 'content-type': `application/${type}` } });

  test('of all three kinds', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments';
    await server.send(`POST ${path}`, { body: deployment('patched') });
    const merged = await patch(`${path}/patched`, 'merge-patch+json', { metadata: { labels: { tier: 'web' } } });
    expect(merged.json.metadata.labels).toEqual({ tier: 'web' });
    const containers = [{ name: 'side', image: 'side:1' }];
    const strategic = await patch(`${path}/patched`, 'strategic-merge-patch+json', {
      spec: { template: { spec: { containers } } },
    });
    const names = strategic.json.spec.template.spec.containers.map((container: { name: string }) => container.name);
    expect(names.sort()).toEqual(['main', 'side']);
    const operations = [{ op: 'replace', path: '/spec/replicas', value: 3 }];
    const json = await patch(`${path}/patched`, 'json-patch+json', operations);
    expect(json.json.spec.replicas).toBe(3);
    expect(json.json.metadata.generation).toBeGreaterThan(merged.json.metadata.generation);
  });

  test('are refused where they cannot hold', async () => {
    await create(configMap('fixed'));
    const path = `${NS}/configmaps/fixed`;
    const stale = await patch(path, 'merge-patch+json', { metadata: { resourceVersion: '1' } });
    expect(stale.json).toEqual(failure(409, 'Conflict', /the object has been modified/));
    const renamed = await patch(path, 'merge-patch+json', { metadata: { name: 'other' } });
    expect(renamed.json).toEqual(failure(400, 'BadRequest', /does not match the name on the URL/));
    const apply = await patch(path, 'apply-patch+yaml', 'kind: ConfigMap');
    expect(apply.json).toEqual(failure(415, 'UnsupportedMediaType', /server-side apply .* is not served/));
    expect((await patch(path, 'json', {})).code).toBe(415);
    expect((await patch(`${NS}/configmaps/absent`, 'merge-patch+json', {})).code).toBe(404);
  });

  test('race each other without loss', async () => {
    await create(configMap('raced'));
    const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
    const replies = await Promise.all(
      keys.map((key) => patch(`${NS}/configmaps/raced`, 'merge-patch+json', { data: { [key]: 'x' } })),
    );
    expect(replies.map(({ code }) => code)).toEqual(keys.map(() => 200));
    expect(Object.keys((await server.send(`GET ${NS}/configmaps/raced`)).json.data).sort()).toEqual(keys.sort());
  });
});

describe('bad input', () => {
  test.each<[string, string, unknown, Record<string, string>, object]>([
    ['broken JSON', `POST ${NS}/configmaps`, '{"a":', {}, failure(400, 'BadRequest', /not JSON/)],
    ['no body', `POST ${NS}/configmaps`, '', {}, failure(400, 'BadRequest', /empty/)],
    ['an array', `POST ${NS}/configmaps`, '[]', {}, failure(400, 'BadRequest', /./)],
    [
      'broken YAML',
      `POST ${NS}/configmaps`,
      'a: [',
      { 'content-type': 'application/yaml' },
      failure(400, 'BadRequest', /not YAML/),
    ],
    [
      'an unknown type',
      `POST ${NS}/configmaps`,
      'a',
      { 'content-type': 'text/html' },
      failure(415, 'UnsupportedMediaType', /./),
    ],
    [
      'no type at all',
      `POST ${NS}/configmaps`,
      'a',
      { 'content-type': 'nonsense' },
      failure(415, 'UnsupportedMediaType', /./),
    ],
    [
      'another kind',
      `POST ${NS}/configmaps`,
      pod('x'),
      {},
      failure(400, 'BadRequest', /cannot be handled as a ConfigMap/),
    ],
    [
      'another namespace',
      `POST ${NS}/configmaps`,
      { metadata: { name: 'x', namespace: 'y' } },
      {},
      failure(400, 'BadRequest', /does not match the namespace/),
    ],
    [
      'no such namespace',
      'POST /api/v1/namespaces/nowhere/configmaps',
      configMap('x'),
      {},
      failure(404, 'NotFound', 'namespaces "nowhere" not found'),
    ],
    [
      'no name',
      `POST ${NS}/configmaps`,
      { metadata: {} },
      {},
      failure(422, 'Invalid', /name or generateName is required/),
    ],
    [
      'a bad name',
      `POST ${NS}/configmaps`,
      configMap('No Good'),
      {},
      failure(422, 'Invalid', /metadata.name: Invalid value/),
    ],
    [
      'an unknown resource',
      `POST ${NS}/gizmos`,
      {},
      {},
      failure(404, 'NotFound', /could not find the requested resource/),
    ],
    ['no namespace', 'POST /api/v1/configmaps', configMap('x'), {}, failure(405, 'MethodNotAllowed', /./)],
    [
      'too much',
      `POST ${NS}/configmaps`,
      configMap('x', { a: 'x'.repeat(3_200_000) }),
      {},
      failure(413, 'RequestEntityTooLarge', /./),
    ],
    [
      'a strange Accept',
      `POST ${NS}/configmaps`,
      configMap('x'),
      { accept: 'text/html' },
      failure(406, 'NotAcceptable', /./),
    ],
    [
      'a strange parameter',
      `GET ${NS}/configmaps?limit=many`,
      undefined,
      {},
      failure(400, 'BadRequest', /limit: "many"/),
    ],
    ['a bad selector', `GET ${NS}/configmaps?labelSelector=a=b=c`, undefined, {}, failure(400, 'BadRequest', /./)],
    [
      'an unknown field selector',
      `GET ${NS}/configmaps?fieldSelector=data.a=1`,
      undefined,
      {},
      failure(400, 'BadRequest', /not a known field selector/),
    ],
    ['a broken URL', 'GET /api/v1/nodes/%zz', undefined, {}, failure(400, 'BadRequest', /./)],
    ['a method nobody knows', 'TRACE /api/v1/pods', undefined, {}, failure(404, 'NotFound', /./)],
  ])('%s', async (_what, line, body, headers, expected) => {
    expect((await server.send(line, { body, headers })).json).toEqual(expected);
  });

  test('unknown fields are warned about, refused or passed over', async () => {
    const body = { ...configMap('odd'), dataa: {}, metadata: { name: 'odd', lables: {} } };
    const send = (mode: string) => server.send(`POST ${NS}/configmaps?dryRun=All&fieldValidation=${mode}`, { body });
    const warned = await send('Warn');
    expect(warned.code).toBe(201);
    expect(String(warned.headers.warning)).toContain('299 - "unknown field \\"metadata.lables\\""');
    const strict = await send('Strict');
    expect(strict.json).toEqual(
      failure(
        400,
        'BadRequest',
        /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "/,
      ),
    );
    const ignored = await send('Ignore');
    expect([ignored.code, ignored.headers.warning]).toEqual([201, undefined]);
  });
});

describe('lists', () => {
  const names = (reply: { json: { items: { metadata: { name: string } }[] } }) =>
    reply.json.items.map(({ metadata }) => metadata.name);
  const page = (query: string) => server.send(`GET ${NS}/configmaps?labelSelector=paged&${query}`);

  test('in pages show one moment, whatever happens between them', async () => {
    for (const name of ['p1', 'p2', 'p3', 'p4', 'p5']) await create(configMap(name, {}, { paged: '' }));
    const first = await page('limit=2');
    expect(names(first)).toEqual(['p1', 'p2']);
    await server.send(`DELETE ${NS}/configmaps/p3`);
    await create(configMap('p6', {}, { paged: '' }));
    const second = await page(`limit=2&continue=${first.json.metadata.continue}`);
    expect(names(second)).toEqual(['p3', 'p4']);
    const third = await page(`limit=2&continue=${second.json.metadata.continue}`);
    expect(names(third)).toEqual(['p5']);
    expect(third.json.metadata.continue).toBeUndefined();
    expect(third.json.metadata.resourceVersion).toBe(first.json.metadata.resourceVersion);
    expect(names(await page(''))).toEqual(['p1', 'p2', 'p4', 'p5', 'p6']);
    const exact = await page(`resourceVersion=${first.json.metadata.resourceVersion}&resourceVersionMatch=Exact`);
    expect(names(exact)).toEqual(['p1', 'p2', 'p3', 'p4', 'p5']);
  });

  test('say how many items remain when nothing selects', async () => {
    const all = names(await server.send(`GET ${NS}/configmaps`)).length;
    const first = await server.send(`GET ${NS}/configmaps?limit=1`);
    expect(first.json.metadata.remainingItemCount).toBe(all - 1);
    const next = await server.send(`GET ${NS}/configmaps?limit=1&continue=${first.json.metadata.continue}`);
    expect(next.json.metadata.remainingItemCount).toBe(all - 2);
  });

  test('whose history is gone are refused, with a way to carry on', async () => {
    const first = await page('limit=2');
    await create(configMap('later'));
    await server.store.compact(await server.store.revision());
    const refused = await page(`limit=2&continue=${first.json.metadata.continue}`);
    expect(refused.json).toEqual(failure(410, 'Expired', /too old/));
    const rescued = await page(`limit=9&continue=${refused.json.metadata.continue}`);
    expect(names(rescued)).toEqual(['p4', 'p5', 'p6']);
  });

  test.each([
    ['resourceVersionMatch=Exact', 422, /it needs a resourceVersion/],
    ['resourceVersion=0&resourceVersionMatch=Exact', 422, /no meaning for resourceVersion "0"/],
    ['resourceVersion=1&resourceVersionMatch=About', 422, /Unsupported value: "About"/],
    ['resourceVersion=abc', 422, /resourceVersion: Invalid value/],
    ['resourceVersion=99999999', 504, /Too large resource version: 99999999/],
    ['continue=nonsense', 400, /continue key is not valid/],
  ])('%s is refused', async (query, code, message) => {
    expect((await page(query)).json).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('as Tables and as metadata alone', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const table = await server.send(`GET ${NS}/configmaps?labelSelector=paged`, { headers: { accept } });
    expect(table.json).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(table.json.columnDefinitions[0].name).toBe('Name');
    expect(table.json.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'p1' } });
    const partial = await server.send(`GET ${NS}/configmaps?labelSelector=paged`, {
      headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
    });
    expect(partial.json).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: expect.arrayContaining([expect.objectContaining({ kind: 'PartialObjectMetadata' })]),
    });
    expect(partial.json.items[0].data).toBeUndefined();
  });

  test('that are large are compressed for who asks', async () => {
    await create(configMap('large', { a: 'x'.repeat(200_000) }));
    const zipped = await server.send(`GET ${NS}/configmaps`, { headers: { 'accept-encoding': 'gzip' } });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    const plain = await server.send(`GET ${NS}/configmaps`);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.json).toEqual(zipped.json);
  });
});

describe('watches', () => {
  const watch = async (query: string, headers?: Record<string, string>) =>
    new WatchReader(await server.open(`${NS}/configmaps?watch=true&${query}`, headers));

  test('tell what is there, then what changes, within a selection', async () => {
    await create(configMap('w1', {}, { w: 'in' }));
    const reader = await watch('labelSelector=w=in');
    expect(await reader.next()).toBe('ADDED w1');
    await create(configMap('w2', {}, { w: 'out' }));
    await create(configMap('w3', {}, { w: 'in' }));
    expect(await reader.next()).toBe('ADDED w3');
    const label = (name: string, w: string) =>
      server.send(`PATCH ${NS}/configmaps/${name}`, {
        body: { metadata: { labels: { w } } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    await label('w3', 'out');
    expect(await reader.next()).toBe('DELETED w3');
    await label('w2', 'in');
    expect(await reader.next()).toBe('ADDED w2');
    await server.send(`DELETE ${NS}/configmaps/w2`);
    const deleted = await reader.nextEvent();
    expect(deleted).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'w2' } } });
    expect(Number(deleted.object.metadata.resourceVersion)).toBe(await server.store.revision());
    reader.close();
  });

  test('go on from a revision', async () => {
    const { resourceVersion } = (await create(configMap('r1'))).json.metadata;
    await create(configMap('r2'));
    const reader = await watch(`resourceVersion=${resourceVersion}`);
    expect(await reader.next()).toBe('ADDED r2');
    await create(configMap('r3'));
    expect(await reader.next()).toBe('ADDED r3');
    reader.close();
  });

  test('start with the state and mark its end when a streaming list is asked for', async () => {
    await create(configMap('s1', {}, { s: '' }));
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=s';
    const reader = await watch(query);
    expect(await reader.next()).toBe('ADDED s1');
    const mark = await reader.nextEvent();
    expect(mark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'ConfigMap', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    reader.close();
    const refused = await server.send(`GET ${NS}/configmaps?watch=true&sendInitialEvents=true`);
    expect(refused.json).toEqual(failure(422, 'Invalid', /it needs resourceVersionMatch=NotOlderThan/));
  });

  test('end after their time', async () => {
    const reader = await watch(`timeoutSeconds=1&resourceVersion=${await server.store.revision()}`);
    expect(await reader.next()).toBe('END');
  });

  test('as Tables say their columns once', async () => {
    const reader = await watch('labelSelector=t', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    await create(configMap('t1', {}, { t: '' }));
    await create(configMap('t2', {}, { t: '' }));
    const [first, second] = [await reader.nextEvent(), await reader.nextEvent()];
    expect(first.object.columnDefinitions.length).toBeGreaterThan(0);
    expect(second.object.columnDefinitions).toBeUndefined();
    expect([first, second].map((event) => event.object.rows[0].cells[0])).toEqual(['t1', 't2']);
    reader.close();
  });
});

describe('scale', () => {
  const path = '/apis/apps/v1/namespaces/default/deployments';
  test('is read, set and patched', async () => {
    await server.send(`POST ${path}`, { body: deployment('wide', 2) });
    const read = await server.send(`GET ${path}/wide/scale`);
    expect(read.json).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { selector: 'app=wide' } });
    const set = await server.send(`PUT ${path}/wide/scale`, { body: { ...read.json, spec: { replicas: 4 } } });
    expect(set.json.spec.replicas).toBe(4);
    const stale = await server.send(`PUT ${path}/wide/scale`, { body: { ...read.json, spec: { replicas: 5 } } });
    expect(stale.json).toEqual(failure(409, 'Conflict', /the object has been modified/));
    const patched = await server.send(`PATCH ${path}/wide/scale`, {
      body: { spec: { replicas: 6 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(patched.json.spec.replicas).toBe(6);
    expect((await server.send(`GET ${path}/wide`)).json.spec.replicas).toBe(6);
    const negative = await server.send(`PUT ${path}/wide/scale`, { body: { spec: { replicas: -1 } } });
    expect(negative.json).toEqual(failure(422, 'Invalid', /spec.replicas: Invalid value: -1/));
    expect((await server.send(`GET ${NS}/configmaps/x/scale`)).code).toBe(404);
  });

  test('status writes touch nothing but the status', async () => {
    const { json } = await server.send(`GET ${path}/wide`);
    const body = { ...json, spec: { ...json.spec, replicas: 99 }, status: { replicas: 3 } };
    const reply = await server.send(`PUT ${path}/wide/status`, { body });
    expect(reply.json).toMatchObject({ spec: { replicas: 6 }, status: { replicas: 3 } });
  });
});

describe('who may', () => {
  test('only health and version are open', async () => {
    for (const path of ['/healthz', '/livez', '/readyz?verbose', '/version']) {
      expect((await server.send(`GET ${path}`, { as: null })).code).toBe(200);
    }
    for (const path of ['/api', '/metrics', `${NS}/pods`, '/openapi/v3', '/nowhere']) {
      expect((await server.send(`GET ${path}`, { as: null })).json).toEqual(failure(401, 'Unauthorized', /./));
    }
  });

  test('others than administrators may look at the API but at nothing in it', async () => {
    const person = { organizations: ['crew'], usages: ['client' as const], validDays: 1 };
    const as = await server.authority.issue({ commonName: 'ann', ...person });
    expect((await server.send('GET /apis', { as })).code).toBe(200);
    const refused = await server.send(`GET ${NS}/pods/x`, { as });
    expect(refused.json).toEqual(
      failure(
        403,
        'Forbidden',
        /^pods "x" is forbidden: User "ann" cannot get resource "pods" in API group "" in the namespace "default"$/,
      ),
    );
    expect((await server.send('GET /metrics', { as })).json).toEqual(
      failure(403, 'Forbidden', /cannot get path "\/metrics"/),
    );
  });
});

describe('what the server says about itself', () => {
  test('discovery, aggregated and plain', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const aggregated = await server.send('GET /apis', { headers: { accept } });
    expect(aggregated.headers['content-type']).toContain('as=APIGroupDiscoveryList');
    expect(aggregated.json.items.length).toBeGreaterThan(2);
    const etag = String(aggregated.headers.etag);
    expect((await server.send('GET /apis', { headers: { accept, 'if-none-match': etag } })).code).toBe(304);
    expect((await server.send('GET /api')).json).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    expect((await server.send('GET /apis/apps/v1')).json).toMatchObject({ kind: 'APIResourceList' });
    expect((await server.send('GET /apis/nope')).code).toBe(404);
  });

  test('OpenAPI, by links that can be kept', async () => {
    const index = (await server.send('GET /openapi/v3')).json.paths;
    const link = index['apis/apps/v1'].serverRelativeURL;
    const document = await server.send(`GET ${link}`);
    expect(document.headers['cache-control']).toContain('immutable');
    expect(document.json.components.schemas['io.k8s.api.apps.v1.Deployment']).toBeDefined();
    const old = await server.send('GET /openapi/v3/apis/apps/v1?hash=0LD');
    expect([old.code, old.headers.location]).toEqual([301, link]);
    expect((await server.send('GET /openapi/v3/apis/nope/v1')).code).toBe(404);
    expect((await server.send('GET /openapi/v2')).json.swagger).toBe('2.0');
  });

  test('metrics, with only known resources as labels', async () => {
    await server.send('GET /api/v1/made-up-by-a-client');
    const { text } = await server.send('GET /metrics');
    expect(text).toMatch(
      /apiserver_request_duration_seconds_count\{verb="LIST",resource="configmaps",code="200"\} \d+/,
    );
    expect(text).not.toContain('made-up-by-a-client');
  });
});

describe('a server that cannot start', () => {
  test('says which port is in use', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as { port: number };
    await expect(startTestServer({ port })).rejects.toThrow(`port ${port} on 127.0.0.1 is already in use`);
    await new Promise((resolve) => blocker.close(resolve));
  });
});

describe('a server that stops', () => {
  test('ends its watches and lets go of everything', async () => {
    const other = await startTestServer();
    const reader = new WatchReader(await other.open(`${NS}/configmaps?watch=true`));
    await other.stop();
    expect(await reader.next()).toBe('END');
  });
});
