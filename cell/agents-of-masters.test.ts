import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { grpcTransport } from '../agent/grpc/transport.ts';
import { MasterRefused, type Session } from '../agent/transport.ts';
import { leases } from '../api/coordination/lease.ts';
import { namespaces } from '../api/core/namespace.ts';
import { nodes } from '../api/core/node.ts';
import { type Pod, pods } from '../api/core/pod.ts';
import { decode } from '../api/meta/decode.ts';
import { resources } from '../api/registry.ts';
import { nodeCertificate } from '../master/agents/enrolment.ts';
import { OtherMasters } from '../master/agents/other-masters.ts';
import { RelayClient } from '../master/agents/relay-client.ts';
import { type AgentServer, createAgentServer } from '../master/agents/server.ts';
import { SessionLedger } from '../master/agents/session-ledger.ts';
import { createObjects } from '../master/objects/create-objects.ts';
import type { Objects } from '../master/objects/objects.ts';
import { MasterRoster } from '../master/peers/roster.ts';
import { memoryStore } from '../master/store/memory.ts';
import type { Store } from '../master/store/store.ts';
import { WatchCache } from '../master/store/watch-cache.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { silentLogger as log } from '../platform/log.ts';
import { Registry } from '../platform/metrics.ts';
import { type Authority, openAuthority } from '../platform/pki.ts';
import { systemRng } from '../platform/rng.ts';
import { AGENTS_SERVER_NAME, MASTER_GROUP } from '../proto/enrolment.ts';
import type { FromMaster } from '../proto/messages.ts';

/** The agents' servers of two masters on one store, and agents over TLS on loopback. */

const user = { user: 'test' };
/** Long waits pass ten times as fast. */
const clock: Clock = {
  ...systemClock,
  setTimer: (delayMs, fn) => systemClock.setTimer(delayMs >= 1000 ? delayMs / 10 : delayMs, fn),
};
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 8_000, interval: 10 });

let dir: string;
let authority: Authority;
let store: Store;
let masters: OneServer[];
let sessions: Session[];

/** What of a master agents and other masters deal with. */
class OneServer {
  readonly sockets = new Set<TLSSocket>();
  readonly rng = systemRng();
  readonly cache = new WatchCache({ store, resources, clock, log, metrics: new Registry() });
  readonly objects: Objects = createObjects({ store, cache: this.cache, clock, rng: this.rng, admission: [] });
  agents!: AgentServer;
  roster!: MasterRoster;
  #front!: Server;

  get url(): string {
    return `https://127.0.0.1:${(this.#front.address() as AddressInfo).port}`;
  }

  async start(self: string): Promise<void> {
    const { cache, objects, rng } = this;
    await cache.start();
    for (const name of ['default', 'kube-node-lease', 'kube-system']) {
      if (!cache.get(namespaces, undefined, name)) await objects.create(namespaces, { metadata: { name } }, user);
    }
    const identity = {
      ...(await authority.issue({
        commonName: 'system:stowage:master',
        organizations: [MASTER_GROUP],
        usages: ['client'],
        validDays: 1,
      })),
      caPem: authority.certPem,
    };
    const context = { cache, objects, events: { record() {} }, clock, rng, log, metrics: new Registry() };
    this.roster = new MasterRoster({ ...context, self, url: () => this.url });
    const others = new OtherMasters({
      ledger: new SessionLedger(store, self),
      roster: this.roster,
      identity,
      clock,
      log,
    });
    this.agents = createAgentServer({ ...context, cellId: 'c', version: '1', heartbeatMs: 10_000, others });
    await this.agents.start();
    await this.#listen();
    await this.roster.start();
  }

  async #listen(): Promise<void> {
    const { keyPem: key, certPem: cert } = await authority.issue({
      commonName: 'master',
      organizations: [],
      usages: ['server'],
      dnsNames: [AGENTS_SERVER_NAME],
      validDays: 1,
    });
    const tls = { key, cert, ca: authority.certPem, requestCert: true, rejectUnauthorized: false };
    this.#front = createServer({ ...tls, ALPNProtocols: ['h2'] }, (socket) => {
      this.sockets.add(socket);
      this.agents.accept(socket);
    });
    await new Promise<void>((resolve) => this.#front.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    await this.roster.stop();
    await this.agents.stop();
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#front.close(() => resolve()));
    await this.cache.stop();
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-agents-of-masters-'));
  authority = await openAuthority(dir, systemClock);
});
afterAll(() => rm(dir, { recursive: true }));

beforeEach(async () => {
  store = memoryStore({ clock });
  sessions = [];
  masters = [new OneServer(), new OneServer()];
  for (const [index, master] of masters.entries()) await master.start(`m${index}`);
});
afterEach(async () => {
  for (const session of sessions) session.close();
  for (const master of masters) await master.stop();
});

async function connect(at: OneServer, nodeName = 'a') {
  const pair = await authority.issue(nodeCertificate(nodeName, []));
  const identity = { ...pair, caPem: authority.certPem };
  const transport = grpcTransport({ masterUrl: at.url, identity: () => identity, clock: systemClock });
  const nodeJson = JSON.stringify({
    metadata: { name: nodeName },
    status: { capacity: { cpu: '2' }, conditions: [{ type: 'Ready', status: 'True' }] },
  });
  const messages: FromMaster[] = [];
  const state: { lost?: Error } = {};
  const handlers = {
    message: (message: FromMaster) => void messages.push(message),
    lost: (reason: Error) => {
      state.lost = reason;
    },
  };
  const session = await transport.connect({ nodeName, agentVersion: '1', nodeJson }, handlers);
  sessions.push(session);
  return { session, messages, state, identity };
}

const [first, second] = [() => masters[0]!, () => masters[1]!];
const leaseOf = (nodeName: string) => second().cache.get(leases, 'kube-node-lease', nodeName);

test('the welcome names all masters', async () => {
  const { session } = await connect(second());
  expect(session.welcome.masters.sort()).toEqual(masters.map(({ url }) => url).sort());
});

test('of a master that comes later, agents are told at their next heartbeat', async () => {
  const { session, messages } = await connect(second());
  const third = new OneServer();
  masters.push(third);
  await third.start('m2');
  const told = () => {
    session.send({ message: 'heartbeat', heartbeat: {} });
    return messages.find((message) => message.masters)?.masters?.urls.length;
  };
  await eventually(told).toBe(3);
});

test('of two sessions of one node, at two masters, the newer alone can write', async () => {
  const pod = decode(pods, {
    metadata: { name: 'p', namespace: 'default' },
    spec: { nodeName: 'a', containers: [{ name: 'c', image: 'i' }] },
  }).object as Pod;
  const { metadata } = await first().objects.create(pods, pod, user);
  const older = await connect(first());
  const newer = await connect(second());
  const say = ({ session }: typeof older, podIP: string) => {
    const statusJson = JSON.stringify({ phase: 'Running', podIP });
    const reports = [{ namespace: 'default', name: 'p', uid: metadata!.uid!, statusJson }];
    session.send({ message: 'pods', pods: { reports } });
  };
  say(newer, '10.0.0.2');
  await eventually(() => first().cache.get(pods, 'default', 'p')?.status?.podIP).toBe('10.0.0.2');
  say(older, '10.0.0.1');
  await eventually(() => older.state.lost).toBeInstanceOf(MasterRefused);
  expect(older.state.lost?.message).toContain('another agent has connected as node a');
  expect(first().cache.get(pods, 'default', 'p')?.status?.podIP).toBe('10.0.0.2');
  expect(newer.state.lost).toBeUndefined();
});

test('a tunnel is opened through the master that holds the session, both ways, to its result', async () => {
  const { session, messages } = await connect(first());
  const opening = second().agents.open('a', { what: 'log', log: null }, new AbortController().signal);
  await eventually(() => messages.some(({ openTunnel }) => openTunnel)).toBe(true);
  const asked = messages.find(({ openTunnel }) => openTunnel)!.openTunnel!;
  const theirs = session.tunnel(asked.id);
  const ours = await opening;
  await ours.write({ frame: 'data', data: Buffer.from('to the agent') });
  const inward = await theirs[Symbol.asyncIterator]().next();
  expect(String(inward.value.data)).toBe('to the agent');
  await theirs.write({ frame: 'data', data: Buffer.from('from it') });
  await theirs.write({ frame: 'result', result: { ok: true, exitCode: 3, message: '' } });
  const frames = [];
  for await (const { data, result } of ours) frames.push(data ? String(data) : result?.exitCode);
  expect(frames).toEqual(['from it', 3]);
});

test('a client that leaves ends its tunnel at the agent; an agent that is nowhere is said not to be connected', async () => {
  const { session, messages } = await connect(first());
  const leaving = new AbortController();
  const opening = second().agents.open('a', { what: 'log', log: null }, leaving.signal);
  await eventually(() => messages.some(({ openTunnel }) => openTunnel)).toBe(true);
  const theirs = session.tunnel(messages.find(({ openTunnel }) => openTunnel)!.openTunnel!.id);
  await opening;
  leaving.abort(new Error('the client has gone'));
  await eventually(() => theirs.gone.aborted).toBe(true);
  const nobody = second().agents.open('b', { what: 'log', log: null }, new AbortController().signal);
  await expect(nobody).rejects.toThrow('the agent of node b is not connected');
});

test('what a node uses is known at every master', async () => {
  const { session } = await connect(first());
  const measured = { windowMs: 5_000, cpuNanocores: 7, memoryBytes: 9 };
  const pods = [{ uid: 'u', containers: [{ name: 'main', usage: measured }] }];
  session.send({ message: 'usage', usage: { atMs: 1, node: measured, pods } });
  await eventually(() => first().agents.usage.ofNode('a')?.cpuNanocores).toBe(7);
  await second().agents.usage.refresh?.();
  expect(second().agents.usage.ofNode('a')).toMatchObject({ ...measured, atMs: 1 });
  expect(second().agents.usage.ofPod('a', 'u')?.containers).toMatchObject([{ name: 'main', usage: measured }]);
  expect(second().agents.usage.ofPod('a', 'v')).toBeUndefined();
});

test('an agent cannot pass for a master', async () => {
  const { identity } = await connect(first());
  const relay = new RelayClient(identity, clock);
  const place = { id: 'm0', url: first().url, seenMs: 0 };
  const opening = relay.open(place, 'a', { what: 'log', log: null }, new AbortController().signal);
  await expect(opening).rejects.toThrow(/between masters of one cell only/);
  relay.close();
});

test('an agent that is cut off gives its Lease up; one that comes back elsewhere, or stops in order, does not', async () => {
  const cut = async () => {
    for (const socket of first().sockets) socket.destroy();
  };
  const holder = () => leaseOf('a')?.spec?.holderIdentity;
  await connect(first());
  await eventually(holder).toBe('a');
  await cut();
  await eventually(holder).toBe('');
  const back = await connect(second());
  await eventually(holder).toBe('a');
  back.session.close();
  const moved = await connect(first());
  await cut();
  await connect(second());
  expect(moved.state.lost).toBeDefined();
  // Longer than an agent may take to come back.
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(holder()).toBe('a');
  expect(second().cache.get(nodes, undefined, 'a')?.metadata?.uid).toBeDefined();
});
