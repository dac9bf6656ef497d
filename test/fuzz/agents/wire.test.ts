import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { grpcTransport } from '../../../agent/grpc/transport.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { resources } from '../../../api/registry.ts';
import { nodeCertificate } from '../../../master/agents/enrolment.ts';
import { type AgentServer, createAgentServer } from '../../../master/agents/server.ts';
import { createObjects } from '../../../master/objects/create-objects.ts';
import { memoryStore } from '../../../master/store/memory.ts';
import { WatchCache } from '../../../master/store/watch-cache.ts';
import { systemClock } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/log.ts';
import { Registry } from '../../../platform/metrics.ts';
import { type Authority, openAuthority } from '../../../platform/pki.ts';
import { systemRng } from '../../../platform/rng.ts';
import { AGENTS_SERVER_NAME } from '../../../proto/enrolment.ts';
import { loadAgents } from '../../../proto/grpc.ts';
import { fromAgent } from './messages.ts';

/** Bytes that are no messages, to the real gRPC server over TLS: what they break is their own connection. */

const asIs = (bytes: Buffer): Buffer => bytes;
const known = { namespace: 'default', name: 'p', uid: 'u' };

let dir: string;
let authority: Authority;
let cache: WatchCache;
let agents: AgentServer;
let front: Server;
let identity: { certPem: string; keyPem: string };
const port = () => (front.address() as AddressInfo).port;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-fuzz-wire-'));
  authority = await openAuthority(dir, systemClock);
  const [clock, log, metrics, rng] = [systemClock, silentLogger, new Registry(), systemRng()];
  const store = memoryStore({ clock });
  cache = new WatchCache({ store, resources, clock, log, metrics });
  await cache.start();
  const objects = createObjects({ store, cache, clock, rng, admission: [] });
  for (const name of ['default', 'kube-node-lease'])
    await objects.create(namespaces, { metadata: { name } }, { user: 'fuzz' });
  const context = { cache, objects, events: { record() {} }, clock, rng, log, metrics };
  agents = createAgentServer({ ...context, cellId: 'cell', version: '1', heartbeatMs: 10_000 });
  await agents.start();
  identity = await authority.issue(nodeCertificate('a', []));
  const names = { dnsNames: [AGENTS_SERVER_NAME], validDays: 1 };
  const pair = await authority.issue({ commonName: 'master', organizations: [], usages: ['server'], ...names });
  const tls = { key: pair.keyPem, cert: pair.certPem, ca: authority.certPem, requestCert: true };
  front = createServer({ ...tls, rejectUnauthorized: false, ALPNProtocols: ['h2'] }, (socket) => agents.accept(socket));
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
});
afterAll(async () => {
  await agents.stop();
  await new Promise<void>((resolve) => front.close(() => resolve()));
  await cache.stop();
  await rm(dir, { recursive: true, force: true });
});

/** One call with these messages; resolves once the server has ended it, or has answered nothing for a moment. */
async function call(method: 'Session' | 'Tunnel', messages: readonly Buffer[]): Promise<void> {
  const { certPem, keyPem } = identity;
  const secure = ChannelCredentials.createSsl(...[authority.certPem, keyPem, certPem].map((text) => Buffer.from(text)));
  const client = new Client(`127.0.0.1:${port()}`, secure, { 'grpc.ssl_target_name_override': AGENTS_SERVER_NAME });
  const stream = client.makeBidiStreamRequest(`/stowage.agent.v1.Agents/${method}`, asIs, asIs);
  const ended = new Promise<void>((resolve) => void stream.on('error', () => resolve()).on('end', () => resolve()));
  stream.on('data', () => {});
  for (const message of messages) stream.write(message);
  stream.end();
  await Promise.race([ended, new Promise<void>((resolve) => setTimeout(resolve, 100))]);
  client.close();
}

async function isWelcome(): Promise<boolean> {
  const me = () => ({ ...identity, caPem: authority.certPem });
  const transport = grpcTransport({ masterUrl: `https://127.0.0.1:${port()}`, identity: me, clock: systemClock });
  const hello = { nodeName: 'a', agentVersion: '1', nodeJson: '{"status":{}}' };
  const session = await transport.connect(hello, { message() {}, lost() {} });
  session.close();
  return session.welcome.cellId === 'cell';
}

test('bytes that are no messages end their own call', async () => {
  const serialize = loadAgents().service.Session.requestSerialize as (message: unknown) => Buffer;
  const hello = serialize({ message: 'hello', hello: { nodeName: 'a', agentVersion: '1', nodeJson: '{}' } });
  const garbled = fc
    .tuple(fromAgent([known]), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
    .map(([message, flips]) => {
      const bytes = serialize(message);
      for (const [at, value] of flips) if (bytes.length > 0) bytes[at % bytes.length] = value;
      return bytes;
    });
  const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const scripts = fc.tuple(
    fc.constantFrom('Session' as const, 'Tunnel' as const),
    fc.boolean(),
    fc.array(fc.oneof(garbled, noise), { maxLength: 5 }),
  );
  for (const [method, isPolite, messages] of fc.sample(scripts, { numRuns: 20, seed: 1 }))
    await call(method, isPolite ? [hello, ...messages] : messages);
  expect(await isWelcome()).toBe(true);
}, 60_000);

test('what is not even HTTP ends its own connection', async () => {
  for (const bytes of fc.sample(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), { numRuns: 5, seed: 2 })) {
    const { certPem, keyPem } = identity;
    const socket = connect({
      port: port(),
      ca: authority.certPem,
      cert: certPem,
      key: keyPem,
      servername: AGENTS_SERVER_NAME,
      ALPNProtocols: ['h2'],
    });
    socket.on('error', () => {});
    await once(socket, 'secureConnect');
    socket.end(Buffer.from(bytes));
    await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, 100))]);
    socket.destroy();
  }
  expect(await isWelcome()).toBe(true);
}, 60_000);
