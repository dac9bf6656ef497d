import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { MessageStream } from '../../platform/message-stream.ts';
import { type Authority, openAuthority } from '../../platform/pki.ts';
import { AGENTS_SERVER_NAME, MAX_MESSAGE_BYTES } from '../../proto/enrolment.ts';
import type { AgentsHandlers } from '../../proto/gen/stowage/agent/v1/Agents.ts';
import { loadAgents } from '../../proto/grpc.ts';
import type { FromAgent, FromMaster, TunnelFrame } from '../../proto/messages.ts';
import {
  describeAgentTransport,
  type ScriptedSession,
  type ScriptedTunnel,
  type TransportHarness,
} from '../transport.suite.ts';
import { MasterRefused } from '../transport.ts';
import { grpcTransport } from './transport.ts';

let dir: string;
let authority: Authority;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stowage-transport-'));
  authority = await openAuthority(dir, systemClock);
});
afterAll(() => rm(dir, { recursive: true }));

const certificate = (names: string[], from = authority) =>
  from.issue({
    commonName: 'system:node:a',
    organizations: ['system:nodes'],
    usages: ['client', 'server'],
    dnsNames: names,
    validDays: 1,
  });

/** Hands values from those that put to those that wait, in order. */
class Mailbox<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];
  put(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#values.push(value);
  }
  take(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(value);
  }
}

/** A master that does what a test says, over gRPC on loopback. */
async function scriptedMaster(serverName: string): Promise<TransportHarness & { port: number }> {
  const sessions = new Mailbox<ScriptedSession>();
  const tunnels = new Mailbox<ScriptedTunnel>();
  const sockets = new Set<TLSSocket>();
  const handlers: AgentsHandlers = {
    Session: async (call) => {
      const stream = new MessageStream<FromAgent, FromMaster>(call as never);
      const frames = stream[Symbol.asyncIterator]();
      const first = await frames.next();
      sessions.put({
        hello: first.value.hello,
        send: (message) => void stream.write(message).catch(() => {}),
        next: async () => {
          const { done, value } = await frames.next();
          if (done) throw new Error('the session has ended');
          return value;
        },
        cut: () => {
          for (const socket of sockets) socket.destroy();
        },
      });
    },
    Tunnel: async (call) => {
      const stream = new MessageStream<TunnelFrame, TunnelFrame>(call as never);
      const frames = stream[Symbol.asyncIterator]();
      const first = await frames.next();
      tunnels.put({
        id: first.value.open,
        write: (frame) => stream.write(frame),
        next: async () => (await frames.next()).value,
        close: () => call.end(),
      });
    },
  };
  const grpc = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES });
  grpc.addService(loadAgents().service, handlers);
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const pair = await certificate([serverName]);
  const front = createServer(
    {
      key: pair.keyPem,
      cert: pair.certPem,
      ca: authority.certPem,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    },
    (socket) => {
      sockets.add(socket);
      injector.injectConnection(socket);
    },
  );
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const { port } = front.address() as AddressInfo;
  const client = await certificate(['a']);
  const goAway = async () => {
    await new Promise<void>((resolve) => {
      front.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  };
  return {
    port,
    transport: grpcTransport({
      masterUrl: `https://127.0.0.1:${port}`,
      identity: () => ({ ...client, caPem: authority.certPem }),
      clock: systemClock,
    }),
    nextSession: () => sessions.take(),
    nextTunnel: () => tunnels.take(),
    goAway,
    async close() {
      await goAway();
      injector.destroy();
      grpc.forceShutdown();
    },
  };
}

describeAgentTransport('gRPC', () => scriptedMaster(AGENTS_SERVER_NAME));

const hello = { nodeName: 'a', agentVersion: '1', nodeJson: '{}' };
const deaf = { message() {}, lost() {} };

test('a server that another agent could be (without the name only a master has) is refused', async () => {
  const harness = await scriptedMaster('a');
  await expect(harness.transport.connect(hello, deaf)).rejects.toThrow(MasterRefused);
  await harness.close();
});

test('a server of another cell is refused, with what to do', async () => {
  const harness = await scriptedMaster(AGENTS_SERVER_NAME);
  const other = await openAuthority(join(dir, 'other'), systemClock);
  const pair = await certificate(['a'], other);
  const transport = grpcTransport({
    masterUrl: `https://127.0.0.1:${harness.port}`,
    identity: () => ({ ...pair, caPem: other.certPem }),
    clock: systemClock,
  });
  await expect(transport.connect(hello, deaf)).rejects.toThrow(/is not this cell's master .*join with a new token/);
  await harness.close();
});
