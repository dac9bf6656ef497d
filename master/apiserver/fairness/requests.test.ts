import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Registry } from '../../../platform/metrics.ts';
import type { KeyPair } from '../../../platform/pki.ts';
import { eventually } from '../../../test/eventually.ts';
import { startTestServer, type TestServer, WatchReader } from '../server.fixture.ts';

/** Two seats for people, of which each may have one. */
const SEATS = 24;
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

const metrics = new Registry();
let server: TestServer;
let jane: KeyPair;
let joe: KeyPair;
beforeAll(async () => {
  server = await startTestServer({ metrics, limits: { requests: SEATS, longRunning: 100 } });
  const issue = (commonName: string) =>
    server.authority.issue({ commonName, organizations: [], usages: ['client'], validDays: 1 });
  [jane, joe] = [await issue('jane'), await issue('joe')];
  const body = {
    metadata: { name: 'viewers' },
    roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' },
    subjects: [{ kind: 'Group', name: 'system:authenticated', apiGroup: 'rbac.authorization.k8s.io' }],
  };
  const reply = await server.send('POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { body });
  expect(reply.code, reply.text).toBe(201);
});
afterAll(() => server.stop());

/** A request of Jane's that takes her seat and keeps it: its body does not come to an end. */
function holdSeat() {
  const options = { ca: server.authority.certPem, cert: jane.certPem, key: jane.keyPem, agent: false as const };
  const headers = { 'content-type': 'application/json', 'content-length': '1000' };
  const held = request(`${server.url}${REVIEWS}`, { ...options, method: 'POST', headers });
  held.on('error', () => {});
  held.write('{');
  return held;
}

const peopleSeats = async () => {
  const told = await metrics.getSingleMetricAsString('apiserver_flowcontrol_current_executing_seats');
  return Number(/"global-default"\} (\d+)/.exec(told)?.[1]);
};

describe('a seat', () => {
  test('is held as long as a request takes, keeps the same user waiting and nobody else, and comes back when he goes', async () => {
    const held = holdSeat();
    await eventually('the seat is taken', async () => (await peopleSeats()) === 1);
    let isServed = false;
    const waiting = server.send('GET /version', { as: jane }).then((reply) => {
      isServed = true;
      return reply;
    });
    for (let i = 0; i < 5; i++) expect((await server.send('GET /version', { as: joe })).code).toBe(200);
    expect(isServed).toBe(false);
    expect((await server.send('GET /livez', { as: jane })).code).toBe(200);
    held.destroy();
    expect((await waiting).code).toBe(200);
    expect(await peopleSeats()).toBe(0);
  });

  test('is refused with 429, and when to come back, when too many wait', async () => {
    const held = holdSeat();
    await eventually('the seat is taken', async () => (await peopleSeats()) === 1);
    const replies = Array.from({ length: 51 }, () => server.send('GET /version', { as: jane }));
    const refused = await Promise.race(replies);
    expect([refused.code, refused.headers['retry-after']]).toEqual([429, '1']);
    expect(refused.json).toMatchObject({ kind: 'Status', reason: 'TooManyRequests' });
    held.destroy();
    const codes = (await Promise.all(replies)).map(({ code }) => code);
    expect(codes.filter((code) => code === 200)).toHaveLength(50);
  });

  test('is not held by a watch once all there was has been told', async () => {
    const open = async (): Promise<WatchReader> => {
      const options = { ca: server.authority.certPem, cert: jane.certPem, key: jane.keyPem, agent: false as const };
      const sent = request(`${server.url}/api/v1/configmaps?watch=true`, options).end();
      const [message] = (await once(sent, 'response')) as [IncomingMessage];
      return new WatchReader(message);
    };
    await server.send('POST /api/v1/namespaces/default/configmaps', { body: { metadata: { name: 'first' } } });
    const watches = [await open(), await open(), await open()];
    for (const watch of watches) expect(await watch.next()).toMatch(/^ADDED /);
    await eventually('all seats are free', async () => (await peopleSeats()) === 0);
    for (const watch of watches) watch.close();
  });
});
