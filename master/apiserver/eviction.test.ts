import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PodDisruptionBudgetStatus } from '../../api/policy/pod-disruption-budget.ts';
import { startTestServer, type TestServer } from './server.fixture.ts';

const NS = '/api/v1/namespaces/default';
const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
const MERGE = { 'content-type': 'application/merge-patch+json' };
/** Figures of an application that can spare one pod. */
const SPARE: PodDisruptionBudgetStatus = {
  disruptionsAllowed: 1,
  currentHealthy: 3,
  desiredHealthy: 2,
  expectedPods: 3,
};

let server: TestServer;
let number = 0;
/** Of the pod and the application of each test. */
let name: string;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  name = `web${++number}`;
});

const eviction = (more: object = {}) => ({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...more });
const evict = (more: object = {}, query = '') =>
  server.send(`POST ${NS}/pods/${name}/eviction${query}`, { body: eviction(more) });
const pod = () => server.send(`GET ${NS}/pods/${name}`);

async function makePod(phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed', ready = true, podName = name) {
  const spec = { containers: [{ name: 'main', image: 'x:1' }], nodeName: 'n1' };
  await server.send(`POST ${NS}/pods`, { body: { metadata: { name: podName, labels: { app: name } }, spec } });
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  const body = { status: { phase, conditions } };
  return (await server.send(`PATCH ${NS}/pods/${podName}/status`, { body, headers: MERGE })).json;
}

async function makeBudget(status: PodDisruptionBudgetStatus, spec: object = {}, budgetName = name) {
  const selector = { matchLabels: { app: name } };
  const body = { metadata: { name: budgetName }, spec: { minAvailable: 2, selector, ...spec } };
  await server.send(`POST ${BUDGETS}`, { body });
  const reported = { status: { observedGeneration: 1, ...status } };
  await server.send(`PATCH ${BUDGETS}/${budgetName}/status`, { body: reported, headers: MERGE });
}
const budgetStatus = async () => (await server.send(`GET ${BUDGETS}/${name}`)).json.status;

describe('an eviction', () => {
  test('of a pod without a budget deletes it, and says why on the pod', async () => {
    await makePod('Running');
    const { code, json } = await evict();
    expect([code, json]).toEqual([
      201,
      { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
    ]);
    const left = (await pod()).json;
    expect(left.metadata.deletionGracePeriodSeconds).toBe(30);
    expect(left.status.conditions).toContainEqual({
      ...{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' },
      ...{ message: 'Eviction API: evicting', lastTransitionTime: expect.any(String) },
    });
  });

  test.each(['policy/v1', 'policy/v1beta1', undefined])('in a body of %s', async (apiVersion) => {
    await makePod('Running');
    expect((await evict({ apiVersion })).code).toBe(201);
    expect((await pod()).json.metadata.deletionTimestamp).toBeDefined();
  });

  test('takes one disruption from the budget, and no more than there are', async () => {
    await makePod('Running');
    await makePod('Running', true, `${name}-b`);
    await makeBudget(SPARE);
    expect((await evict()).code).toBe(201);
    const status = await budgetStatus();
    expect(status).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { [name]: expect.any(String) } });
    expect(status.conditions[0]).toMatchObject({
      type: 'DisruptionAllowed',
      status: 'False',
      reason: 'InsufficientPods',
    });
    const second = await server.send(`POST ${NS}/pods/${name}-b/eviction`, {
      body: eviction({ metadata: { name: `${name}-b` } }),
    });
    expect([second.code, second.json.reason, second.json.message]).toEqual([
      ...[429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget."],
    ]);
    expect(second.json.details.causes[0].reason).toBe('DisruptionBudget');
    expect(second.headers).not.toHaveProperty('retry-after');
    expect((await server.send(`GET ${NS}/pods/${name}-b`)).json.metadata).not.toHaveProperty('deletionTimestamp');
  });

  test('many at once get as many as the budget allows', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `${name}-${index}`);
    for (const each of names) await makePod('Running', true, each);
    await makeBudget({ ...SPARE, disruptionsAllowed: 3 });
    const codes = await Promise.all(
      names.map(async (each) => {
        const body = eviction({ metadata: { name: each } });
        return (await server.send(`POST ${NS}/pods/${each}/eviction`, { body })).code;
      }),
    );
    expect(codes.sort()).toEqual([201, 201, 201, 429, 429, 429, 429, 429]);
    const status = await budgetStatus();
    expect([status.disruptionsAllowed, Object.keys(status.disruptedPods).length]).toEqual([0, 3]);
  });

  test('waits for figures of the budget as it is', async () => {
    await makePod('Running');
    await makeBudget(SPARE);
    await server.send(`PATCH ${BUDGETS}/${name}`, { body: { spec: { minAvailable: 1 } }, headers: MERGE });
    const { code, headers, json } = await evict();
    expect([code, headers['retry-after'], json.details.retryAfterSeconds]).toEqual([429, '10', 10]);
    expect(json.details.causes[0].message).toBe(
      `The disruption budget ${name} is still being processed by the server.`,
    );
  });

  test('does not choose between budgets', async () => {
    await makePod('Running');
    await makeBudget(SPARE);
    await makeBudget(SPARE, {}, `${name}-too`);
    const { code, json } = await evict();
    expect([code, json.status, json.code, json.message]).toEqual([
      ...[500, 'Failure', 500],
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    ]);
    expect((await pod()).json.metadata).not.toHaveProperty('deletionTimestamp');
  });

  test.each(['Succeeded', 'Failed', 'Pending'] as const)('of a pod that is %s asks no budget', async (phase) => {
    await makePod(phase);
    await makeBudget({ ...SPARE, disruptionsAllowed: 0 });
    await makeBudget(SPARE, {}, `${name}-too`);
    expect((await evict()).code).toBe(201);
    const left = await pod();
    expect(left.code === 404 || left.json.metadata.deletionTimestamp !== undefined).toBe(true);
    expect(await budgetStatus()).not.toHaveProperty('disruptedPods');
  });

  test.each<[string, object, PodDisruptionBudgetStatus, number]>([
    ['its application is healthy', {}, { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 }, 201],
    ['its application is not', {}, { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2 }, 429],
    [
      'it may always go',
      { unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2 },
      201,
    ],
  ])('of a pod that is not ready: %s', async (_, spec, status, expected) => {
    await makePod('Running', false);
    await makeBudget(status, spec);
    expect((await evict()).code).toBe(expected);
    expect(await budgetStatus()).not.toHaveProperty('disruptedPods');
    expect((await pod()).json.metadata.deletionTimestamp !== undefined).toBe(expected === 201);
  });

  test.each<[string, object, string]>([
    ['in the body', { deleteOptions: { dryRun: ['All'] } }, ''],
    ['in the query', {}, '?dryRun=All'],
  ])('that is only tried, as said %s', async (_, more, query) => {
    await makePod('Running');
    await makeBudget(SPARE);
    const before = [(await pod()).json, await budgetStatus()];
    expect((await evict(more, query)).code).toBe(201);
    expect([(await pod()).json, await budgetStatus()]).toEqual(before);
    await server.send(`PATCH ${BUDGETS}/${name}/status`, {
      body: { status: { disruptionsAllowed: 0 } },
      headers: MERGE,
    });
    expect((await evict(more, query)).code).toBe(429);
  });

  test('passes on how the pod is to be deleted', async () => {
    await makePod('Running');
    expect((await evict({ deleteOptions: { gracePeriodSeconds: 7 } })).code).toBe(201);
    expect((await pod()).json.metadata.deletionGracePeriodSeconds).toBe(7);
  });

  test('of another pod of that name is refused, before and after it was marked', async () => {
    const made = await makePod('Running');
    const of = (preconditions: object) => evict({ deleteOptions: { preconditions } });
    expect((await of({ uid: '00000000-0000-0000-0000-000000000000' })).code).toBe(409);
    expect((await of({ resourceVersion: '1' })).code).toBe(409);
    expect((await pod()).json.status.conditions).toHaveLength(1);
    const { uid, resourceVersion } = made.metadata;
    expect((await of({ uid, resourceVersion })).code).toBe(201);
    expect((await pod()).json.metadata.deletionTimestamp).toBeDefined();
  });
});

describe('a body that makes no sense', () => {
  test.each<[string, object, number, RegExp]>([
    ['another name', { metadata: { name: 'other' } }, 400, /name in URL does not match name in Eviction object/],
    ['no name', { metadata: {} }, 400, /name in URL does not match name in Eviction object/],
    ['another namespace', { metadata: { name: 'web', namespace: 'x' } }, 400, /namespace/],
    ['another version', { apiVersion: 'policy/v2' }, 400, /policy\/v2/],
    ['another kind', { kind: 'Pod' }, 400, /Pod/],
    ['an unknown policy', { deleteOptions: { propagationPolicy: 'Maybe' } }, 422, /propagationPolicy/],
    ['a grace below zero', { deleteOptions: { gracePeriodSeconds: -1 } }, 422, /gracePeriodSeconds/],
  ])('%s', async (_, more, code, message) => {
    await makePod('Running');
    const reply = await evict(more);
    expect([reply.code, reply.json.message]).toEqual([code, expect.stringMatching(message)]);
    expect((await pod()).json.metadata).not.toHaveProperty('deletionTimestamp');
  });

  test('a pod that is not there', async () => {
    const { code, json } = await evict();
    expect([code, json.message]).toEqual([404, `pods "${name}" not found`]);
  });

  test('evictions can only be created, of pods', async () => {
    await makePod('Running');
    expect((await server.send(`GET ${NS}/pods/${name}/eviction`)).code).toBe(405);
    expect((await server.send(`POST ${NS}/services/${name}/eviction`, { body: eviction() })).code).toBe(404);
  });
});

test('discovery tells that pods can be evicted, in which version', async () => {
  const { json } = await server.send('GET /api/v1');
  expect(json.resources).toContainEqual({
    ...{ name: 'pods/eviction', singularName: '', namespaced: true, verbs: ['create'] },
    ...{ group: 'policy', version: 'v1', kind: 'Eviction' },
  });
});
