import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Enrolment } from '../agent/enrolment.ts';
import { grpcTransport } from '../agent/grpc/transport.ts';
import { MasterRefused } from '../agent/transport.ts';
import { namespaces } from '../api/core/namespace.ts';
import { nodes } from '../api/core/node.ts';
import { resources } from '../api/registry.ts';
import { enrolmentRoute } from '../master/agents/enrolment-route.ts';
import { type AgentServer, createAgentServer } from '../master/agents/server.ts';
import { createApiServer } from '../master/apiserver/server.ts';
import { testAuth } from '../master/auth/auth.fixture.ts';
import { createObjects } from '../master/objects/create-objects.ts';
import { memoryStore } from '../master/store/memory.ts';
import { WatchCache } from '../master/store/watch-cache.ts';
import { systemClock as clock } from '../platform/clock.ts';
import { silentLogger as log } from '../platform/log.ts';
import { Registry } from '../platform/metrics.ts';
import { ensureCertificate, formatJoinToken, newJoinSecret, openAuthority } from '../platform/pki.ts';
import { systemRng } from '../platform/rng.ts';
import { AGENTS_SERVER_NAME } from '../proto/enrolment.ts';

/** From a join token to a session, through the master's one real port. */

let dir: string;
let cache: WatchCache;
let agents: AgentServer;
let api: ReturnType<typeof createApiServer>;
let joinToken: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-joining-'));
  const authority = await openAuthority(dir, clock);
  joinToken = formatJoinToken({ fingerprint: authority.fingerprint, secret: newJoinSecret() });
  const serving = await ensureCertificate(
    authority,
    dir,
    'master',
    {
      commonName: 'stowage-master',
      organizations: [],
      usages: ['server'],
      dnsNames: ['localhost', AGENTS_SERVER_NAME],
      ipAddresses: ['127.0.0.1'],
      validDays: 30,
    },
    clock,
  );
  const [metrics, rng, store] = [new Registry(), systemRng(), memoryStore({ clock })];
  cache = new WatchCache({ store, resources, clock, log, metrics });
  await cache.start();
  const objects = createObjects({ store, cache, clock, rng, admission: [] });
  await objects.create(namespaces, { metadata: { name: 'kube-node-lease' } }, { user: 'test' });
  const context = { cache, objects, events: { record() {} }, clock, rng, log, metrics };
  agents = createAgentServer({ ...context, cellId: 'cell', version: '1', heartbeatMs: 10_000 });
  await agents.start();
  api = createApiServer({
    ...context,
    auth: testAuth(cache, clock),
    store,
    streams: agents,
    tls: { ...serving, caPem: authority.certPem },
    port: 0,
    bindAddress: '127.0.0.1',
    accept: (socket) => agents.accept(socket),
    extraRoutes: [enrolmentRoute({ authority, token: joinToken })],
  });
  await api.start();
});
afterEach(async () => {
  await agents.stop();
  await api.stop();
  await cache.stop();
  await rm(dir, { recursive: true });
});

const enrolment = (token: string) =>
  new Enrolment({ dataDir: dir, masterUrl: api.url, joinToken: token, nodeName: 'node-1', clock, log });

test('a machine with the join token becomes a node', async () => {
  const enrolled = enrolment(joinToken);
  await enrolled.start();
  const transport = grpcTransport({ masterUrl: api.url, identity: () => enrolled.identity, clock });
  const hello = { nodeName: 'node-1', agentVersion: '1', nodeJson: '{}' };
  const session = await transport.connect(hello, { message() {}, lost() {} });
  expect(session.welcome.cellId).toBe('cell');
  expect(cache.get(nodes, undefined, 'node-1')?.metadata?.uid).toBeDefined();
  session.close();
  await enrolled.stop();
});

test('a machine with another secret does not', async () => {
  const wrong = enrolment(joinToken.replace(/\.[^.]+$/, '.0123456789abcdef0123'));
  await expect(wrong.start()).rejects.toThrow(MasterRefused);
  await expect(wrong.start()).rejects.toThrow(/HTTP 401/);
});
