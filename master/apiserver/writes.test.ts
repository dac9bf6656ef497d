import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configMap, deployment, failure, NS, pod } from './manifests.fixture.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const create = (object: object, plural = 'configmaps') => server.send(`POST ${NS}/${plural}`, { body: object });

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
    // Gone, and still shown: typed clients read a Pod from the answer, and nothing else.
    expect(forced.json).toMatchObject({ kind: 'Pod', metadata: { name: 'slow' }, spec: { nodeName: 'n1' } });
    expect((await server.send(`GET ${NS}/pods/slow`)).code).toBe(404);
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

  test('of a collection only as many as the limit says are deleted', async () => {
    for (const name of ['l1', 'l2', 'l3']) await create(configMap(name, {}, { few: 'yes' }));
    const few = `${NS}/configmaps?labelSelector=few=yes`;
    const names = ({ json }: { json: { items: { metadata: { name: string } }[] } }) =>
      json.items.map(({ metadata }) => metadata.name);
    const first = await server.send(`DELETE ${few}&limit=2`);
    expect(names(first)).toEqual(['l1', 'l2']);
    expect(names(await server.send(`GET ${few}`))).toEqual(['l3']);
    const rest = await server.send(`DELETE ${few}&limit=2&continue=${first.json.metadata.continue}`);
    expect([names(rest), rest.json.metadata.continue]).toEqual([['l3'], undefined]);
  });
});

describe('warnings', () => {
  const claiming = (replicas: number) => {
    const object = deployment('claiming', replicas);
    Object.assign(object.spec.template.spec, { runtimeClassName: 'other' });
    return object;
  };
  const path = '/apis/apps/v1/namespaces/default/deployments';
  const sentence = expect.stringContaining('runtimeClassName: kept, but this version of Stowage does not act on it');

  test('tell of what is kept but not acted on, when it is made and when it is changed', async () => {
    const made = await server.send(`POST ${path}`, { body: claiming(1) });
    expect(made).toMatchObject({ code: 201, headers: { warning: sentence } });
    const changed = await server.send(`PUT ${path}/claiming`, { body: claiming(2) });
    expect(changed).toMatchObject({ code: 200, headers: { warning: sentence } });
    const patched = await server.send(`PATCH ${path}/claiming?dryRun=All`, {
      body: { spec: { replicas: 3 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(patched).toMatchObject({ code: 200, headers: { warning: sentence } });
  });

  test('are not repeated when what is desired stays, nor for the status', async () => {
    const labelled = await server.send(`PATCH ${path}/claiming`, {
      body: { metadata: { labels: { a: 'b' } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    const same = await server.send(`PUT ${path}/claiming`, { body: claiming(2) });
    const status = await server.send(`PUT ${path}/claiming/status`, { body: claiming(9) });
    for (const reply of [labelled, same, status]) {
      expect(reply.code).toBe(200);
      expect(reply.headers).not.toHaveProperty('warning');
    }
  });

  test('say that nothing is routed to a service yet', async () => {
    const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
    const made = await create(body, 'services');
    expect(made.headers.warning).toMatch(/^299 - "Services are kept, but .* does not route traffic to them, .*: /);
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
    expect(apply.json).toEqual(failure(422, 'Invalid', /fieldManager: Required value/));
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

describe('scale', () => {
  const path = '/apis/apps/v1/namespaces/default/deployments';
  test('is read, set and patched', async () => {
    await server.send(`POST ${path}`, { body: deployment('wide', 2) });
    const read = await server.send(`GET ${path}/wide/scale`);
    expect(read.json).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { selector: 'app=wide' } });
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { json: table } = await server.send(`GET ${path}/wide/scale`, { headers: { accept } });
    expect(table.columnDefinitions).toMatchObject(['Name', 'Desired', 'Available', 'Age'].map((name) => ({ name })));
    expect(table.rows[0].cells.slice(0, 3)).toEqual(['wide', 2, 0]);
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
