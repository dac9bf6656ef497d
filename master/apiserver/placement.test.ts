import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ExplainPod, Explanation } from '../scheduler/explanation.ts';
import { NS, pod } from './manifests.fixture.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

const PENDING: Explanation = {
  state: 'pending',
  message: '0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were unschedulable.',
  nodes: 5,
  reasons: [
    { reason: 'node(s) were unschedulable', nodes: 3 },
    { reason: 'Insufficient cpu', nodes: 2 },
  ],
  nearest: { node: 'node-7', lacks: ['cpu: asks 2, has 1500m free of 4'] },
  remedies: [{ text: 'fits on 2 nodes if cpu <= 1500m', nodes: 2 }],
};
const PLACED: Explanation = { state: 'placed', message: 'it is on n1', nodes: 5, reasons: [], remedies: [] };

let asked: string[];
let answer: Explanation | undefined;
const explainPod: ExplainPod = (namespace, name) => {
  asked.push(`${namespace}/${name}`);
  return answer;
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ explainPod });
  await server.send(`POST ${NS}/pods`, { body: pod('web') });
});
afterAll(() => server.stop());
beforeEach(() => {
  asked = [];
  answer = PENDING;
});

describe('the placement of a pod', () => {
  test('is what the scheduler says of it, under the metadata of the pod', async () => {
    const reply = await server.send(`GET ${NS}/pods/web/placement`);
    const { metadata } = (await server.send(`GET ${NS}/pods/web`)).json;
    const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
    expect([reply.code, asked]).toEqual([200, ['default/web']]);
    expect(reply.json).toEqual({
      kind: 'Placement',
      apiVersion: 'stowage.dev/v1',
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      status: PENDING,
    });
  });

  test('says where a placed pod is, and since when', async () => {
    await server.send(`POST ${NS}/pods`, { body: pod('settled') });
    await server.send(`POST ${NS}/pods/settled/binding`, { body: { target: { kind: 'Node', name: 'n1' } } });
    answer = PLACED;
    const { status } = (await server.send(`GET ${NS}/pods/settled/placement`)).json;
    const { conditions } = (await server.send(`GET ${NS}/pods/settled`)).json.status;
    expect(conditions).toMatchObject([{ type: 'PodScheduled', lastTransitionTime: expect.stringMatching(/^2/) }]);
    expect(status).toEqual({ ...PLACED, nodeName: 'n1', since: conditions[0].lastTransitionTime });
  });

  test('of a pod that was made on its node begins with the pod', async () => {
    const { spec, ...rest } = pod('static');
    await server.send(`POST ${NS}/pods`, { body: { ...rest, spec: { ...spec, nodeName: 'n1' } } });
    answer = PLACED;
    const { metadata, status } = (await server.send(`GET ${NS}/pods/static/placement`)).json;
    expect(status).toMatchObject({ nodeName: 'n1', since: metadata.creationTimestamp });
  });

  test('of a pod that is not there is 404, without asking the scheduler', async () => {
    const reply = await server.send(`GET ${NS}/pods/absent/placement`);
    expect(reply.json).toMatchObject({ kind: 'Status', code: 404, message: 'pods "absent" not found' });
    expect(asked).toEqual([]);
  });

  test('of a pod that the scheduler has not seen can be asked for again', async () => {
    answer = undefined;
    const reply = await server.send(`GET ${NS}/pods/web/placement`);
    expect(reply.json).toMatchObject({ code: 503, message: expect.stringContaining('pod default/web') });
    expect(reply.headers['retry-after']).toBe('1');
  });

  test.each([
    ['POST', 'pods/web', 405],
    ['PUT', 'pods/web', 405],
    ['DELETE', 'pods/web', 405],
    ['GET', 'configmaps/web', 404],
  ])('%s %s/placement is refused', async (method, path, code) => {
    expect((await server.send(`${method} ${NS}/${path}/placement`, { body: {} })).json).toMatchObject({ code });
  });

  test('is a resource of its own to whoever may not see it', async () => {
    const as = await server.authority.issue({
      commonName: 'visitor',
      organizations: [],
      usages: ['client'],
      validDays: 1,
    });
    const reply = await server.send(`GET ${NS}/pods/web/placement`, { as });
    const why = 'User "visitor" cannot get resource "pods/placement" in API group "" in the namespace "default"';
    expect(reply.json).toMatchObject({ code: 403, message: `pods "web" is forbidden: ${why}` });
  });

  test('is in discovery, with its own kind', async () => {
    const { resources } = (await server.send('GET /api/v1')).json;
    expect(resources).toContainEqual({
      ...{ name: 'pods/placement', singularName: '', namespaced: true, verbs: ['get'] },
      ...{ group: 'stowage.dev', version: 'v1', kind: 'Placement' },
    });
  });
});

test('without a scheduler nobody can tell', async () => {
  const alone = await startTestServer();
  try {
    await alone.send(`POST ${NS}/pods`, { body: pod('web') });
    const reply = await alone.send(`GET ${NS}/pods/web/placement`);
    expect(reply.json).toMatchObject({ code: 503, message: 'the scheduler is not running here' });
    expect((await alone.send(`GET ${NS}/pods/absent/placement`)).code).toBe(404);
  } finally {
    await alone.stop();
  }
});
