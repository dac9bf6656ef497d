import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pods } from '../../api/core/pod.ts';
import { type ResourceDefinition, storeKey } from '../../api/meta/definition.ts';
import { startTestServer, type TestServer } from '../../master/apiserver/server.fixture.ts';
import type { KeyPair } from '../../platform/pki.ts';
import { eventually } from '../eventually.ts';
import type { Order, Told } from './api-fairness/greedy.ts';

const PODS = 2_000;
const PARALLEL = 500;
const ROUNDS = 150;
/** What somebody else's small request may take meanwhile, or this part of what the greedy one's take. */
const MAX_MS = 100;
const MAX_PART = 1 / 5;

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const lease = { metadata: { name: 'n1', namespace: 'kube-node-lease' }, spec: { holderIdentity: 'n1' } };

let server: TestServer;
let jane: KeyPair;
let greedy: KeyPair;
let node: KeyPair;

beforeAll(async () => {
  server = await startTestServer();
  const issue = (commonName: string, organizations: string[]) =>
    server.authority.issue({ commonName, organizations, usages: ['client'], validDays: 1 });
  jane = await issue('jane', []);
  greedy = await issue('greedy', []);
  node = await issue('system:node:n1', ['system:nodes']);
  const subjects = ['jane', 'greedy'].map((name) => ({ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' }));
  const roleRef = { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' };
  const binding = { metadata: { name: 'viewers' }, subjects, roleRef };
  await made('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', binding);
  await made('/api/v1/namespaces', { metadata: { name: 'kube-node-lease' } });
  await fillWithPods();
  const reply = await server.send(`POST ${LEASES}`, { as: node, body: lease });
  expect(reply.code, reply.text).toBe(201);
}, 60_000);
afterAll(() => server.stop());

async function made(path: string, body: object) {
  const reply = await server.send(`POST ${path}`, { body });
  expect(reply.code, reply.text).toBe(201);
  return reply;
}

/** Past the API, which would take longer. */
async function fillWithPods(): Promise<void> {
  const spec = { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] };
  const { text } = await made('/api/v1/namespaces/default/pods', { metadata: { name: 'model' }, spec });
  const one = (name: string) => {
    const key = storeKey(pods as ResourceDefinition, 'default', name);
    const value = text.replaceAll('"model"', `"${name}"`);
    return server.store.commit({ compares: [], ops: [{ type: 'put', key, value }] });
  };
  await Promise.all(Array.from({ length: PODS }, (_, i) => one(`pod-${i}`)));
}

/** Starts the greedy client; what it was told so far is in the list. */
function startGreedy(): { worker: Worker; told: Told[] } {
  const access = { ca: server.authority.certPem, cert: greedy.certPem, key: greedy.keyPem };
  const order: Order = { url: `${server.url}/api/v1/pods`, parallel: PARALLEL, access };
  const worker = new Worker(new URL('./api-fairness/greedy.ts', import.meta.url), { workerData: order });
  const told: Told[] = [];
  worker.on('message', (each: Told) => told.push(each));
  return { worker, told };
}

/** Sends requests on one connection; resolves with how long each took. */
function asker({
  certPem: cert,
  keyPem: key,
}: KeyPair): (method: string, path: string, body?: object) => Promise<number> {
  const agent = new Agent({ ca: server.authority.certPem, cert, key, keepAlive: true, maxSockets: 1 });
  return async (method, path, body) => {
    const since = performance.now();
    const headers = { 'content-type': 'application/json' };
    const sent = request(`${server.url}${path}`, { method, agent, headers });
    sent.end(body && JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const text = String(Buffer.concat(await response.toArray()));
    expect(response.statusCode, text).toBe(200);
    return performance.now() - since;
  };
}

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;

test('a client with 500 lists of everything at once delays neither others nor leases, and others are never refused', async () => {
  const { worker, told } = startGreedy();
  try {
    const lists = () => told.filter(({ code }) => code === 200);
    await eventually('the greedy client is at full speed', () => lists().length > 20 && told.length > 100, 60_000);
    const [asJane, asNode] = [asker(jane), asker(node)];
    const gets: number[] = [];
    const renewals: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      gets.push(await asJane('GET', `/api/v1/namespaces/default/pods/pod-${i}`));
      renewals.push(await asNode('PUT', `${LEASES}/n1`, lease));
    }
    const refused = told.filter(({ code }) => code === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(lists().length + refused.length).toBe(told.length);
    const bound = Math.max(
      MAX_MS,
      quantile(
        lists().map(({ ms }) => ms),
        0.5,
      ) * MAX_PART,
    );
    expect(quantile(gets, 0.99)).toBeLessThan(bound);
    expect(quantile(renewals, 0.99)).toBeLessThan(bound);
  } finally {
    await worker.terminate();
  }
}, 120_000);
