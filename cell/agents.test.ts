import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { grpcTransport } from '../agent/grpc/transport.ts';
import { MasterRefused, MasterUnreachable, type Session } from '../agent/transport.ts';
import { leases } from '../api/coordination/lease.ts';
import { configMaps } from '../api/core/config-map.ts';
import { namespaces } from '../api/core/namespace.ts';
import { type Node, nodes } from '../api/core/node.ts';
import { type Pod, type PodStatus, pods } from '../api/core/pod.ts';
import { secrets } from '../api/core/secret.ts';
import { decode } from '../api/meta/decode.ts';
import type { ResourceDefinition } from '../api/meta/definition.ts';
import type { ApiObject } from '../api/meta/object.ts';
import { resources } from '../api/registry.ts';
import { nodeCertificate } from '../master/agents/enrolment.ts';
import { type AgentServer, createAgentServer } from '../master/agents/server.ts';
import { createObjects } from '../master/objects/create-objects.ts';
import type { EventNote } from '../master/objects/events.ts';
import type { Objects } from '../master/objects/objects.ts';
import { memoryStore } from '../master/store/memory.ts';
import { WatchCache } from '../master/store/watch-cache.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/log.ts';
import { Registry } from '../platform/metrics.ts';
import { type Authority, type CertificateRequest, openAuthority } from '../platform/pki.ts';
import { systemRng } from '../platform/rng.ts';
import { AGENTS_SERVER_NAME } from '../proto/enrolment.ts';
import type { FromAgent, FromMaster, TunnelFrame, Upsert } from '../proto/messages.ts';

/** The master's agent server and real agents' transports over TLS on loopback; the store is in memory. */

const user = { user: 'test' };
/** Long waits pass a hundred times as fast. */
const clock: Clock = {
  ...systemClock,
  setTimer: (delayMs, fn) => systemClock.setTimer(delayMs >= 1000 ? delayMs / 100 : delayMs, fn),
};

/** Becomes true before long, however busy the machine is. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 8_000, interval: 10 });

let dir: string;
let authority: Authority;
let cache: WatchCache;
let objects: Objects;
let agents: AgentServer;
let front: Server;
let port: number;
let notes: EventNote[];
let metrics: Registry;
let sessions: Session[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-agents-'));
  authority = await openAuthority(dir, systemClock);
});
afterAll(() => rm(dir, { recursive: true }));

beforeEach(async () => {
  sessions = [];
  notes = [];
  metrics = new Registry();
  const store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log: silentLogger, metrics });
  await cache.start();
  const rng = systemRng();
  objects = createObjects({ store, cache, clock, rng, admission: [] });
  for (const name of ['default', 'kube-node-lease']) await create(namespaces, { metadata: { name } });
  const events = { record: (note: EventNote) => void notes.push(note) };
  const context = { cache, objects, events, clock, rng, log: silentLogger, metrics };
  agents = createAgentServer({ ...context, cellId: 'cell-1', version: '9.9', heartbeatMs: 10_000 });
  await agents.start();
  await listen();
});
afterEach(async () => {
  for (const session of sessions) session.close();
  await agents.stop();
  await new Promise<void>((resolve) => front.close(() => resolve()));
  await cache.stop();
});

/** The master's TLS front, reduced to what agents need of it. */
async function listen(): Promise<void> {
  const pair = await authority.issue({
    commonName: 'master',
    organizations: [],
    usages: ['server'],
    dnsNames: [AGENTS_SERVER_NAME],
    validDays: 1,
  });
  const tls = { key: pair.keyPem, cert: pair.certPem, ca: authority.certPem, requestCert: true };
  front = createServer({ ...tls, rejectUnauthorized: false, ALPNProtocols: ['h2'] }, (socket) => agents.accept(socket));
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  port = (front.address() as AddressInfo).port;
}

/** Creates an object as the API would: decoded first. */
const create = async <T extends ApiObject>(resource: ResourceDefinition<T>, value: object): Promise<T> => {
  const object = await objects.create(resource, decode(resource, value).object, user);
  await cache.waitFor(Number(object.metadata?.resourceVersion));
  return object;
};
const createPod = (name: string, nodeName: string, spec: object = {}) =>
  create(pods, {
    metadata: { name, namespace: 'default' },
    spec: { nodeName, containers: [{ name: 'c', image: 'i' }], ...spec },
  });
const podNamed = (name: string) => cache.get(pods, 'default', name);

async function transportOf(request: CertificateRequest) {
  const pair = await authority.issue(request);
  const identity = () => ({ ...pair, caPem: authority.certPem });
  return grpcTransport({ masterUrl: `https://127.0.0.1:${port}`, identity, clock: systemClock });
}

/** An agent as far as the protocol goes: it remembers what it was told. */
async function connect(nodeName: string, options: { as?: string; status?: object } = {}) {
  const transport = await transportOf(nodeCertificate(options.as ?? nodeName, []));
  const status = options.status ?? { capacity: { cpu: '2' }, conditions: [{ type: 'Ready', status: 'True' }] };
  const nodeJson = JSON.stringify({ metadata: { name: nodeName, labels: { 'kubernetes.io/os': 'linux' } }, status });
  const messages: FromMaster[] = [];
  const state: { lost?: Error } = {};
  const session = await transport.connect(
    { nodeName, agentVersion: '1', nodeJson },
    {
      message: (message) => void messages.push(message),
      lost: (reason) => {
        state.lost = reason;
      },
    },
  );
  sessions.push(session);
  const assignments = () => messages.flatMap((message) => message.assignments ?? []);
  const upserts = (): Upsert[] => assignments().flatMap((assignment) => assignment.upserts);
  const removed = () =>
    assignments().flatMap((assignment) => assignment.removals.map(({ plural, name }) => `${plural}/${name}`));
  const told = () => upserts().map(({ plural, name }) => `${plural}/${name}`);
  await eventually(() => assignments().length).toBeGreaterThan(0);
  return { session, messages, state, assignments, upserts, removed, told };
}
const report = (pod: Pod, status: PodStatus) => ({
  namespace: 'default',
  name: pod.metadata!.name!,
  uid: pod.metadata!.uid!,
  statusJson: JSON.stringify(status),
});

/** An event that happens as it is told. */
const ONCE = { count: 0, firstMs: 0, lastMs: 0 };

describe('hello', () => {
  test('makes the node and its lease, and is answered with the cell', async () => {
    const { session } = await connect('a');
    expect(session.welcome).toEqual({
      cellId: 'cell-1',
      masterVersion: '9.9',
      heartbeatMs: 10_000,
      nowMs: expect.any(Number),
      network: '',
      masters: [],
    });
    const node = cache.get(nodes, undefined, 'a');
    expect(node?.metadata?.labels).toEqual({ 'kubernetes.io/hostname': 'a', 'kubernetes.io/os': 'linux' });
    expect(node?.spec?.taints).toBeUndefined();
    expect(node?.status?.conditions?.[0]).toMatchObject({ type: 'Ready', status: 'True' });
    expect(node?.status?.allocatable).toBeDefined();
    await eventually(() => cache.get(leases, 'kube-node-lease', 'a')?.spec?.holderIdentity).toBe('a');
    expect(cache.get(leases, 'kube-node-lease', 'a')?.metadata?.ownerReferences?.[0]?.uid).toBe(node?.metadata?.uid);
    expect(await metrics.metrics()).toContain('stowage_agents_connected 1');
  });

  test("under another node's name is refused", async () => {
    const trying = connect('b', { as: 'a' });
    await expect(trying).rejects.toThrow(MasterRefused);
    await expect(trying).rejects.toThrow(/certificate is for node a, but it says it is b/);
    expect(cache.get(nodes, undefined, 'b')).toBeUndefined();
  });

  test("with an administrator's certificate, or one of another cell, is refused", async () => {
    const admin = await transportOf({
      ...nodeCertificate('a', []),
      commonName: 'admin',
      organizations: ['system:masters'],
    });
    const hello = { nodeName: 'a', agentVersion: '1', nodeJson: '{}' };
    await expect(admin.connect(hello, { message() {}, lost() {} })).rejects.toThrow(/not one that this cell gave/);
    const other = await openAuthority(join(dir, 'other'), systemClock);
    const pair = await other.issue(nodeCertificate('a', []));
    const stranger = grpcTransport({
      masterUrl: `https://127.0.0.1:${port}`,
      identity: () => ({ ...pair, caPem: authority.certPem }),
      clock: systemClock,
    });
    await expect(stranger.connect(hello, { message() {}, lost() {} })).rejects.toThrow(MasterRefused);
  });

  test('with a node that is none is refused with the reason', async () => {
    await expect(connect('a', { status: { capacity: 'much' } })).rejects.toThrow(/the node was not accepted/);
  });

  test('from a second agent of the node ends the first', async () => {
    const first = await connect('a');
    const second = await connect('a');
    await eventually(() => first.state.lost).toBeInstanceOf(MasterRefused);
    expect(first.state.lost?.message).toContain('another agent has connected as node a');
    await createPod('p', 'a');
    await eventually(() => second.told()).toEqual(['pods/p']);
    expect(first.told()).toEqual([]);
    expect(await metrics.metrics()).toContain('stowage_agents_connected 1');
  });
});

describe('assignments', () => {
  test('come complete first, then as changes', async () => {
    await createPod('p', 'a');
    await createPod('q', 'b');
    const done = await createPod('done', 'a');
    const status = (pod: Pod) => {
      pod.status = { ...pod.status, phase: 'Succeeded' };
    };
    await objects.update(pods, 'default', 'done', status, user, { part: 'status' });
    const agent = await connect('a');
    expect(agent.assignments()[0]?.complete).toBe(true);
    expect(agent.told().sort()).toEqual(['pods/done', 'pods/p']);
    expect(JSON.parse(agent.upserts()[0]!.json).apiVersion).toBe('v1');
    await createPod('r', 'a');
    await eventually(() => agent.told().length).toBe(3);
    expect(agent.assignments()[1]?.complete).toBe(false);
    await objects.delete(pods, 'default', 'done', user, { gracePeriodSeconds: 0 });
    await expect
      .poll(() => agent.assignments().at(-1)?.removals)
      .toEqual([{ plural: 'pods', namespace: 'default', name: 'done', uid: done.metadata?.uid }]);
  });

  test('bring a pod when it is bound', async () => {
    const agent = await connect('a');
    await create(pods, {
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    const bind = (pod: Pod) => {
      pod.spec!.nodeName = 'a';
    };
    await objects.update(pods, 'default', 'p', bind, user, { part: 'binding' });
    await eventually(() => agent.told()).toEqual(['pods/p']);
  });

  test('bring a secret only to the node whose pod uses it, and its changes too', async () => {
    const secret = (name: string) =>
      create(secrets, { metadata: { name, namespace: 'default' }, stringData: { k: 'v' } });
    await secret('s');
    await secret('unused');
    const [a, b] = [await connect('a'), await connect('b')];
    await createPod('p', 'a', { volumes: [{ name: 'v', secret: { secretName: 's' } }] });
    await createPod('q', 'b');
    await eventually(() => a.told()).toEqual(['secrets/s', 'pods/p']);
    await objects.update(
      secrets,
      'default',
      's',
      (secret) => {
        secret.metadata!.labels = { rolled: 'yes' };
      },
      user,
    );
    await eventually(() => a.told()).toEqual(['secrets/s', 'pods/p', 'secrets/s']);
    await eventually(() => b.told()).toEqual(['pods/q']);
    await objects.delete(pods, 'default', 'p', user, { gracePeriodSeconds: 0 });
    await eventually(() => a.removed()).toEqual(['pods/p', 'secrets/s']);
    expect(b.removed()).toEqual([]);
  });

  test('bring a ConfigMap made after the pod', async () => {
    const agent = await connect('a');
    await createPod('p', 'a', {
      containers: [{ name: 'c', image: 'i', envFrom: [{ configMapRef: { name: 'late' } }] }],
    });
    await eventually(() => agent.told()).toEqual(['pods/p']);
    await create(configMaps, { metadata: { name: 'late', namespace: 'default' }, data: { k: 'v' } });
    await eventually(() => agent.told()).toEqual(['pods/p', 'configmaps/late']);
  });
});

describe('reports', () => {
  test('of a pod become its status: the newest, in far fewer writes, and not sent back', async () => {
    const pod = await createPod('p', 'a');
    const agent = await connect('a');
    let writes = 0;
    const stop = cache.subscribe(pods, () => void writes++);
    for (let i = 1; i <= 200; i++) {
      const status: PodStatus = { phase: 'Running', podIP: `10.0.0.${i}` };
      agent.session.send({ message: 'pods', pods: { reports: [report(pod, status)] } });
    }
    await eventually(() => podNamed('p')?.status?.podIP).toBe('10.0.0.200');
    stop();
    expect(podNamed('p')?.status).toMatchObject({ phase: 'Running', qosClass: 'BestEffort' });
    expect(writes).toBeLessThan(100);
    // Told of the pod once, and once more that its phase changed.
    expect(agent.told().length).toBeLessThanOrEqual(2);
  });

  test("of another node's pod, or of a pod that was replaced, are ignored", async () => {
    const theirs = await createPod('theirs', 'b');
    const ours = await createPod('ours', 'a');
    const agent = await connect('a');
    const failed: PodStatus = { phase: 'Failed' };
    agent.session.send({
      message: 'pods',
      pods: { reports: [report(theirs, failed), { ...report(ours, failed), uid: 'old' }] },
    });
    agent.session.send({ message: 'pods', pods: { reports: [report(ours, { phase: 'Running' })] } });
    await eventually(() => podNamed('ours')?.status?.phase).toBe('Running');
    expect(podNamed('theirs')?.status?.phase).toBe('Pending');
  });

  test('that a pod is gone remove it, after its last status, once somebody deletes it', async () => {
    const pod = await createPod('p', 'a', { terminationGracePeriodSeconds: 30 });
    const agent = await connect('a');
    const gone: FromAgent = { message: 'gone', gone: { pods: [report(pod, {})] } };
    agent.session.send(gone);
    // Messages are taken in order: once the event is there, the first news of the end has been ignored.
    const event = { pod: report(pod, {}), type: 'Normal', reason: 'R', message: 'm', container: '', ...ONCE };
    agent.session.send({ message: 'event', event });
    await eventually(() => notes.length).toBe(1);
    await objects.delete(pods, 'default', 'p', user);
    await eventually(() => agent.upserts().at(-1)?.json).toContain('deletionTimestamp');
    expect(podNamed('p')).toBeDefined();
    let last: Pod | undefined;
    const stop = cache.subscribe(pods, (change) => {
      last = change.object;
    });
    agent.session.send({ message: 'pods', pods: { reports: [report(pod, { phase: 'Succeeded' })] } });
    agent.session.send(gone);
    await eventually(() => podNamed('p')).toBeUndefined();
    stop();
    expect(last?.status?.phase).toBe('Succeeded');
    await eventually(() => agent.removed()).toEqual(['pods/p']);
  });

  test('of events are recorded about the pod', async () => {
    const pod = await createPod('p', 'a');
    const agent = await connect('a');
    const about = report(pod, {});
    const event = { pod: about, type: 'Warning', reason: 'BackOff', message: 'restarting', container: 'c' };
    const happened = { count: 3, firstMs: 1_000, lastMs: 2_000 };
    agent.session.send({ message: 'event', event: { ...event, ...happened } });
    await eventually(() => notes.length).toBe(1);
    expect(notes[0]).toMatchObject({ type: 'Warning', reason: 'BackOff', component: 'agent/a', happened });
    expect(notes[0]?.about.metadata?.name).toBe('p');
  });

  test('of events without a pod are recorded about the node', async () => {
    const agent = await connect('a');
    const event = { pod: null, type: 'Warning', reason: 'Rebooted', message: 'it was', container: '', ...ONCE };
    agent.session.send({ message: 'event', event });
    await eventually(() => notes.length).toBe(1);
    expect(notes[0]).toMatchObject({ type: 'Warning', reason: 'Rebooted', about: { metadata: { name: 'a' } } });
  });

  test('bring the node of a pod that wants labels of it, and change with these', async () => {
    const agent = await connect('a');
    await createPod('p', 'a', { nodeSelector: { 'kubernetes.io/hostname': 'a' } });
    await eventually(() => agent.told()).toEqual(['nodes/a', 'pods/p']);
    const label = (node: Node) => {
      node.metadata!.labels = { ...node.metadata?.labels, disk: 'ssd' };
    };
    await objects.update(nodes, undefined, 'a', label, user);
    await eventually(() => agent.told()).toEqual(['nodes/a', 'pods/p', 'nodes/a']);
  });

  test('of the node change its status; a heartbeat alone does not', async () => {
    const agent = await connect('a');
    const before = cache.get(nodes, undefined, 'a')?.metadata?.resourceVersion;
    const status = { capacity: { cpu: '2' }, conditions: [{ type: 'Ready', status: 'True' }] };
    agent.session.send({ message: 'heartbeat', heartbeat: {} });
    agent.session.send({ message: 'node', node: { statusJson: JSON.stringify(status) } });
    const more = { ...status, capacity: { cpu: '4' } };
    await new Promise((resolve) => setImmediate(resolve));
    expect(cache.get(nodes, undefined, 'a')?.metadata?.resourceVersion).toBe(before);
    agent.session.send({ message: 'node', node: { statusJson: JSON.stringify(more) } });
    await eventually(() => cache.get(nodes, undefined, 'a')?.status?.capacity?.cpu).toBe('4');
  });
});

describe('tunnels', () => {
  const log = (name: string) =>
    ({
      what: 'log',
      log: {
        pod: { namespace: 'default', name, uid: '' },
        container: 'c',
        follow: false,
        previous: false,
        timestamps: false,
      },
    }) as const;
  const askedFor = async (agent: Awaited<ReturnType<typeof connect>>) => {
    const request = () => agent.messages.find((message) => message.openTunnel)?.openTunnel;
    await eventually(request).toBeDefined();
    return request()!;
  };
  const result: TunnelFrame = { frame: 'result', result: { ok: true, exitCode: 0, message: '' } };

  test('carry bytes both ways until the result', async () => {
    const agent = await connect('a');
    const opening = agents.open('a', log('p'), new AbortController().signal);
    const request = await askedFor(agent);
    expect(request.log?.pod?.name).toBe('p');
    const agentEnd = agent.session.tunnel(request.id);
    const masterEnd = await opening;
    await masterEnd.write({ frame: 'data', data: Buffer.from('in') });
    expect((await agentEnd[Symbol.asyncIterator]().next()).value.data.toString()).toBe('in');
    await agentEnd.write({ frame: 'data', data: Buffer.from('out') });
    await agentEnd.write(result);
    agentEnd.close();
    const frames: (string | undefined)[] = [];
    for await (const frame of masterEnd) frames.push(frame.frame);
    expect(frames).toEqual(['data', 'result']);
  });

  test('hold the agent back while the client does not read', async () => {
    const agent = await connect('a');
    const opening = agents.open('a', log('p'), new AbortController().signal);
    const agentEnd = agent.session.tunnel((await askedFor(agent)).id);
    const masterEnd = await opening;
    let written = 0;
    const writing = (async () => {
      for (; written < 400; written++) await agentEnd.write({ frame: 'data', data: Buffer.alloc(64 * 1024) });
      await agentEnd.write(result);
    })();
    for (let quiet = 0, before = -1; quiet < 200; before = written) {
      await new Promise((resolve) => setImmediate(resolve));
      quiet = written === before ? quiet + 1 : 0;
    }
    expect(written).toBeLessThan(100);
    let bytes = 0;
    for await (const frame of masterEnd) bytes += frame.data?.length ?? 0;
    await writing;
    expect(bytes).toBe(400 * 64 * 1024);
  });

  test('break for the client when the agent goes away, and for the agent when the client does', async () => {
    const agent = await connect('a');
    const client = new AbortController();
    const opening = agents.open('a', log('p'), client.signal);
    const agentEnd = agent.session.tunnel((await askedFor(agent)).id);
    await opening;
    client.abort();
    const reading = agentEnd[Symbol.asyncIterator]().next();
    await expect(reading).rejects.toThrow();
    await expect(agentEnd.write(result)).rejects.toThrow();

    agent.messages.length = 0;
    const second = agents.open('a', log('p'), new AbortController().signal);
    agent.session.tunnel((await askedFor(agent)).id);
    const frames = (await second)[Symbol.asyncIterator]();
    const failed = expect(frames.next()).rejects.toThrow(/node a went away/);
    agent.session.close();
    await failed;
  });

  test('of one node cannot be taken by another', async () => {
    const [a, b] = [await connect('a'), await connect('b')];
    const opening = agents.open('a', log('p'), new AbortController().signal);
    const { id } = await askedFor(a);
    const stolen = b.session.tunnel(id);
    await expect(stolen[Symbol.asyncIterator]().next()).rejects.toThrow(/nobody waits/);
    a.session.tunnel(id);
    await expect(opening).resolves.toBeDefined();
  });

  test('to a node without a session, or whose agent does not answer, fail as Kubernetes says', async () => {
    const signal = new AbortController().signal;
    await expect(agents.open('nowhere', log('p'), signal)).rejects.toMatchObject({ code: 503 });
    const agent = await connect('a');
    await expect(agents.open('a', log('p'), signal)).rejects.toMatchObject({ code: 504 });
    const waiting = expect(agents.open('a', log('p'), signal)).rejects.toMatchObject({ code: 503 });
    agent.session.close();
    await waiting;
    await expect(agents.open('a', log('p'), AbortSignal.abort(new Error('gone')))).rejects.toThrow();
  });
});

test('a master that stops loses its agents, and has them back when it returns', async () => {
  const agent = await connect('a');
  await agents.stop();
  await eventually(() => agent.state.lost).toBeInstanceOf(MasterUnreachable);
  await agents.start();
  const again = await connect('a');
  expect(again.assignments()[0]?.complete).toBe(true);
});
