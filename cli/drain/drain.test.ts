import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { cordonNodes } from '../cordon.ts';
import { FakeServer } from '../fake-server.fixture.ts';
import { type DrainFlags, drainNodes } from './drain.ts';

const POD = '/api/v1/namespaces/default/pods';
const OWNED = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true }];
const pod = (name: string, more: object = {}) => ({
  metadata: { name, namespace: 'default', uid: `uid-${name}`, ownerReferences: OWNED, ...more },
  spec: {},
  status: { phase: 'Running' },
});
const status = (code: number, reason: string, message: string) => ({
  code,
  body: { kind: 'Status', status: 'Failure', reason, message, code },
});
const BUDGET = status(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.");

let server: FakeServer;
let watching: ServerResponse | undefined;
beforeEach(async () => {
  server = new FakeServer();
  await server.start();
  watching = undefined;
  server.answers.set('GET /api/v1/nodes/n1', { body: { metadata: { name: 'n1' }, spec: {} } });
  server.answers.set('PATCH /api/v1/nodes/n1', { body: {} });
});
afterEach(() => {
  server.ending.abort();
  server.stop();
});

/** A clock whose pauses are short. */
const quick = { ...systemClock, setTimer: (ms: number, fn: () => void) => systemClock.setTimer(ms / 100, fn) };
const drain = (flags: DrainFlags = {}) => drainNodes(server.session(quick), ['n1'], flags);

/** The list, and then a watch that tells of the end of each pod that has been granted one. */
function podsOnNode(...pods: ReturnType<typeof pod>[]): void {
  server.answers.set('GET /api/v1/pods', [
    { body: { items: pods, metadata: { resourceVersion: '7' } } },
    (response) => {
      watching = response;
      response.writeHead(200);
      response.flushHeaders();
    },
  ]);
}
const goes = (each: ReturnType<typeof pod>) => (response: ServerResponse) => {
  response.writeHead(201, { 'content-type': 'application/json' }).end('{}');
  watching?.write(`${JSON.stringify({ type: 'DELETED', object: each })}\n`);
};
const evictions = () => server.asked.filter(({ path }) => path.endsWith('/eviction'));

describe('cordon', () => {
  test('marks nodes, and says of each what it is now', async () => {
    server.answers.set('GET /api/v1/nodes/n2', { body: { metadata: { name: 'n2' }, spec: { unschedulable: true } } });
    await cordonNodes(server.session(systemClock), 'cordon', ['n1', 'n2'], {});
    expect(server.out).toBe('node/n1 cordoned\nnode/n2 already cordoned\n');
    const [patch] = server.asked.filter(({ method }) => method === 'PATCH');
    expect([patch?.path, patch?.body]).toEqual(['/api/v1/nodes/n1', { spec: { unschedulable: true } }]);
  });

  test('changes nothing where one of them is no node', async () => {
    await expect(cordonNodes(server.session(systemClock), 'uncordon', ['n1', 'nobody'], {})).rejects.toThrow(
      /nodes "nobody" not found/,
    );
    expect(server.asked.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  test('asks for names or a selector, not both', async () => {
    const bare = server.session(systemClock);
    await expect(cordonNodes(bare, 'cordon', [], {})).rejects.toThrow(/name the nodes/);
    await expect(cordonNodes(bare, 'cordon', ['n1'], { selector: 'a=b' })).rejects.toThrow(/both a node name and/);
  });
});

describe('drain', () => {
  test('asks for all at once, waits for their end, and asks again where a budget refuses', async () => {
    const [a, b] = [pod('a'), pod('b')];
    podsOnNode(a, b);
    server.answers.set(`POST ${POD}/a/eviction`, goes(a));
    server.answers.set(`POST ${POD}/b/eviction`, [BUDGET, BUDGET, goes(b)]);
    await drain({ gracePeriod: '3' });
    expect(server.out).toContain('node/n1 cordoned\nevicting pod default/a\nevicting pod default/b\n');
    expect(server.out).toMatch(/pod\/a evicted\n[\s\S]*pod\/b evicted\nnode\/n1 drained\n$/);
    expect(server.err.match(/"b" -n "default" \(will retry after \ds\): Cannot evict pod/g)).toHaveLength(2);
    expect(evictions()[0]?.body).toMatchObject({
      kind: 'Eviction',
      deleteOptions: { gracePeriodSeconds: 3, preconditions: { uid: 'uid-a' } },
    });
  });

  test('evicts nobody where one pod forbids it, and says how to go on', async () => {
    podsOnNode(pod('a'), pod('bare', { ownerReferences: [] }));
    const failure = drain();
    await expect(failure).rejects.toThrow(
      /^cannot delete Pods that declare no controller \(use --force to override\): /,
    );
    expect(evictions()).toEqual([]);
    expect(server.err).toBe(
      'error: unable to drain node "n1" due to error: cannot delete Pods that declare no controller (use --force to override): default/bare, continuing command...\nThere are pending nodes to be drained:\n n1\n',
    );
  });

  test('gives up at its time limit, and names who is left', async () => {
    const [a, b] = [pod('a'), pod('b')];
    podsOnNode(a, b);
    server.answers.set(`POST ${POD}/a/eviction`, goes(a));
    server.answers.set(`POST ${POD}/b/eviction`, BUDGET);
    await expect(drain({ timeout: '20s' })).rejects.toThrow(
      /^error when evicting pods\/"b" -n "default": global timeout reached: 20s$/,
    );
    expect(server.out).toContain('pod/a evicted\n');
    expect(server.err).toMatch(/There are pending pods in node "n1" when an error occurred: .*\npod\/b\nerror: unable/);
  });

  test('takes a pod that is gone already for done, and any other refusal for what it is', async () => {
    const [a, b] = [pod('a'), pod('b')];
    podsOnNode(a, b);
    server.answers.set(`POST ${POD}/a/eviction`, (response) => {
      watching?.write(`${JSON.stringify({ type: 'DELETED', object: a })}\n`);
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end(JSON.stringify(status(404, 'NotFound', 'gone').body));
    });
    server.answers.set(`POST ${POD}/b/eviction`, status(403, 'Forbidden', 'you may not'));
    await expect(drain()).rejects.toThrow(/^error when evicting pods\/"b" -n "default": you may not$/);
    expect(server.out).toContain('pod/a evicted\n');
  });

  test('deletes where budgets are not to be asked; a dry run does nothing', async () => {
    const a = pod('a');
    podsOnNode(a);
    await drain({ dryRun: true });
    expect(server.out).toBe(
      'node/n1 cordoned (dry run)\nevicting pod default/a (dry run)\nnode/n1 drained (dry run)\n',
    );
    expect(server.asked.filter(({ method }) => method !== 'GET')).toEqual([]);
    server.out = '';
    podsOnNode(a);
    server.answers.set(`DELETE ${POD}/a`, goes(a));
    await drain({ disableEviction: true });
    expect(server.out).toBe('node/n1 cordoned\ndeleting pod default/a\npod/a deleted\nnode/n1 drained\n');
  });
});
