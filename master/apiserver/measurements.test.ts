import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import { nodes } from '../../api/core/node.ts';
import type { MeasuredUsage } from '../../proto/messages.ts';
import { UsageBook } from '../agents/usage.ts';
import { duration } from './measurements.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

const AT_MS = Date.parse('2030-01-02T03:04:05.678Z');
const METRICS = '/apis/metrics.k8s.io/v1beta1';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const uids = new Map<string, string>();
const book = new UsageBook();
let server: TestServer;

const used = (cpuNanocores: number, memoryBytes: number, windowMs = 10_003): MeasuredUsage => ({
  ...{ cpuNanocores, memoryBytes, windowMs },
});

async function makePod(namespace: string, name: string, labels: object, nodeName = 'n1') {
  const at = `/api/v1/namespaces/${namespace}/pods`;
  const spec = { containers: [{ name: 'main', image: 'x:1' }] };
  const made = await server.send(`POST ${at}`, { body: { metadata: { name, labels }, spec } });
  expect(made.code).toBe(201);
  await server.send(`POST ${at}/${name}/binding`, { body: { target: { kind: 'Node', name: nodeName } } });
  uids.set(name, made.json.metadata.uid);
}

beforeAll(async () => {
  server = await startTestServer({ usage: book });
  for (const name of ['n1', 'n2', 'silent']) {
    const node: Node = { metadata: { name, labels: { disk: name === 'n1' ? 'fast' : 'slow' } } };
    await server.objects.create(nodes, node, { user: 'test' });
  }
  await makePod('default', 'web', { app: 'web' });
  await makePod('default', 'pair', { app: 'pair' });
  await makePod('default', 'fresh', { app: 'web' });
  await makePod('kube-system', 'dns', { app: 'dns' }, 'n2');
  const pod = (name: string, ...containers: { name: string; usage: MeasuredUsage }[]) => ({
    ...{ uid: uids.get(name)!, containers },
  });
  book.report('n1', {
    ...{ atMs: AT_MS, node: used(1_234_567_890, 3_000_000 * 1024) },
    pods: [
      pod('web', { name: 'main', usage: used(12_345, 1234 * 1024) }),
      pod('pair', { name: 'main', usage: used(5e8, 1 << 20) }, { name: 'side', usage: used(0, 0, 2_500) }),
    ],
  });
  book.report('n2', {
    ...{ atMs: AT_MS, node: used(1, 4096) },
    // Of a pod that is none of its own.
    pods: [pod('dns', { name: 'main', usage: used(7, 7) }), pod('fresh', { name: 'main', usage: used(9, 9) })],
  });
});
afterAll(() => server.stop());

const get = (path: string, accept?: string) =>
  server.send(`GET ${METRICS}${path}`, { headers: accept ? { accept } : {} });
const namesIn = async (path: string): Promise<string[]> =>
  (await get(path)).json.items.map((item: { metadata: { name: string } }) => item.metadata.name);

describe('what pods use', () => {
  test('one', async () => {
    const { code, json } = await get('/namespaces/default/pods/pair');
    expect(code).toBe(200);
    expect(json).toEqual({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {
        ...{ name: 'pair', namespace: 'default', labels: { app: 'pair' } },
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
      timestamp: '2030-01-02T03:04:05Z',
      window: '10.003s',
      containers: [
        { name: 'main', usage: { cpu: '500m', memory: '1Mi' } },
        { name: 'side', usage: { cpu: '0', memory: '0' } },
      ],
    });
  });

  test('lists, in the order of names; those without a reading are left out', async () => {
    const { json } = await get('/pods');
    expect([json.kind, json.apiVersion, json.metadata]).toEqual(['PodMetricsList', 'metrics.k8s.io/v1beta1', {}]);
    expect(await namesIn('/pods')).toEqual(['pair', 'web', 'dns']);
    expect(await namesIn('/namespaces/default/pods')).toEqual(['pair', 'web']);
    expect(await namesIn('/namespaces/nowhere/pods')).toEqual([]);
    expect(await namesIn('/pods?labelSelector=app%3Dweb')).toEqual(['web']);
    expect(await namesIn('/pods?labelSelector=app%20notin%20(web)')).toEqual(['pair', 'dns']);
    expect(await namesIn('/pods?fieldSelector=metadata.name%3Dweb')).toEqual(['web']);
    expect(await namesIn('/pods?fieldSelector=metadata.namespace!%3Ddefault')).toEqual(['dns']);
    expect(await namesIn('/pods?limit=1')).toEqual(['pair', 'web', 'dns']);
    expect((await get('/pods?fieldSelector=spec.nodeName%3Dn1')).code).toBe(400);
  });

  test('without a reading there is nothing of that name', async () => {
    const fresh = await get('/namespaces/default/pods/fresh');
    expect([fresh.code, fresh.json.reason, fresh.json.message]).toEqual([
      ...[404, 'NotFound', 'podmetrics.metrics.k8s.io "default/fresh" not found'],
    ]);
    expect((await get('/namespaces/default/pods/absent')).json.message).toBe('pods "absent" not found');
  });

  test('as a table', async () => {
    const { json } = await get('/namespaces/default/pods', TABLE);
    expect(json.kind).toBe('Table');
    expect(json.columnDefinitions.map(({ name }: { name: string }) => name.toLowerCase())).toEqual([
      ...['name', 'cpu', 'memory', 'window'],
    ]);
    expect(json.rows.map(({ cells }: { cells: unknown[] }) => cells)).toEqual([
      ['pair', '500m', '1Mi', '10.003s'],
      ['web', '12345n', '1234Ki', '10.003s'],
    ]);
  });

  test('in the form a client likes best', async () => {
    for (const accept of ['*/*', 'application/json', 'application/yaml;q=0.5,application/json']) {
      expect((await get('/pods', accept)).json.items).toHaveLength(3);
    }
    const asked = 'application/vnd.kubernetes.protobuf,*/*';
    const [many, one] = [await get('/pods', asked), await get('/namespaces/default/pods/web', asked)];
    for (const { headers } of [many, one]) expect(headers['content-type']).toBe('application/vnd.kubernetes.protobuf');
    expect(many.text).toContain('PodMetricsList');
    expect(one.text).toContain('12345n');
  });
});

describe('what nodes use', () => {
  test('one, and all', async () => {
    const { json } = await get('/nodes/n1');
    expect(json).toMatchObject({
      ...{ kind: 'NodeMetrics', metadata: { name: 'n1', labels: { disk: 'fast' } } },
      ...{ timestamp: '2030-01-02T03:04:05Z', window: '10.003s' },
      usage: { cpu: '1234567890n', memory: '3000000Ki' },
    });
    expect(json.metadata).not.toHaveProperty('namespace');
    expect(await namesIn('/nodes')).toEqual(['n1', 'n2']);
    expect(await namesIn('/nodes?labelSelector=disk%3Dslow')).toEqual(['n2']);
  });

  test('without a reading there is nothing of that name', async () => {
    expect((await get('/nodes/silent')).json.message).toBe('nodemetrics.metrics.k8s.io "silent" not found');
    expect((await get('/nodes/absent')).json.message).toBe('nodes "absent" not found');
  });

  test('nothing can be changed or watched', async () => {
    expect((await server.send(`POST ${METRICS}/nodes`, { body: {} })).code).toBe(405);
    expect((await server.send(`DELETE ${METRICS}/nodes/n1`)).code).toBe(405);
    expect((await get('/nodes?watch=true')).code).toBe(405);
  });

  test('an agent that has gone is forgotten', async () => {
    const gone = new UsageBook();
    gone.report('n', { atMs: 1, node: used(1, 1), pods: [{ uid: 'u', containers: [] }] });
    expect([gone.ofNode('n')?.cpuNanocores, gone.ofPod('n', 'u')?.atMs]).toEqual([1, 1]);
    expect(gone.ofPod('other', 'u')).toBeUndefined();
    gone.forget('n');
    expect([gone.ofNode('n'), gone.ofPod('n', 'u')]).toEqual([undefined, undefined]);
  });
});

test('where no agents report, nothing is found', async () => {
  const alone = await startTestServer();
  try {
    await alone.objects.create(nodes, { metadata: { name: 'n1' } }, { user: 'test' });
    expect((await alone.send(`GET ${METRICS}/nodes`)).json.items).toEqual([]);
    expect((await alone.send(`GET ${METRICS}/nodes/n1`)).code).toBe(404);
  } finally {
    await alone.stop();
  }
});

test.each([
  [0, '0s'],
  [850, '850ms'],
  [10_000, '10s'],
  [10_003, '10.003s'],
  [60_000, '1m0s'],
  [90_500, '1m30.5s'],
  [3_600_000, '1h0m0s'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
