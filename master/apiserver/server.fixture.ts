import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { namespaces } from '../../api/core/namespace.ts';
import { resources } from '../../api/registry.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/log.ts';
import { Registry } from '../../platform/metrics.ts';
import { type Authority, type KeyPair, openAuthority } from '../../platform/pki.ts';
import { systemRng } from '../../platform/rng.ts';
import type { AgentStreams } from '../agents/streams.ts';
import { testAuth } from '../auth/auth.fixture.ts';
import { ensureDefaultRoles } from '../auth/defaults/ensure-defaults.ts';
import { startCustomResources } from '../custom-resources/custom-resources.fixture.ts';
import { defaultTolerations } from '../objects/admission/default-tolerations.ts';
import { namespaceLifecycle } from '../objects/admission/namespace-lifecycle.ts';
import { podPriority } from '../objects/admission/pod-priority.ts';
import { podSecurity } from '../objects/admission/pod-security.ts';
import { podServiceAccount } from '../objects/admission/service-account.ts';
import { createObjects } from '../objects/create-objects.ts';
import type { Objects } from '../objects/objects.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { WatchCache } from '../store/watch-cache.ts';
import { type ApiServerOptions, createApiServer } from './server.ts';

/** A real API server over a store in memory, with real TLS on a free port, for tests. */
export interface TestServer {
  readonly url: string;
  readonly objects: Objects;
  readonly store: Store;
  readonly authority: Authority;
  readonly admin: KeyPair;
  /** Sends one request as the administrator, unless told otherwise. */
  send(line: string, options?: SendOptions): Promise<Reply>;
  /** Opens a watch or another stream; read its chunks from the message. */
  open(path: string, headers?: Record<string, string>): Promise<IncomingMessage>;
  stop(): Promise<void>;
}

export interface SendOptions {
  readonly body?: unknown;
  /** A Content-Type of `''`: send none with the body. */
  readonly headers?: Record<string, string>;
  /** `null`: no client certificate. */
  readonly as?: KeyPair | null;
}

export interface Reply {
  readonly code: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any;
}

export const noStreams: AgentStreams = {
  async open() {
    throw new Error('this test has no agents');
  },
};

export interface TestServerOptions extends Partial<ApiServerOptions> {
  /** Of the cache. */
  readonly historySize?: number;
}

export async function startTestServer({ historySize, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const dir = await mkdtemp(join(tmpdir(), 'stowage-test-api-'));
  const [clock, rng, log, metrics] = [systemClock, systemRng(), silentLogger, new Registry()];
  const authority = await openAuthority(dir, clock);
  const person = { usages: ['client'], validDays: 1 } as const;
  const admin = await authority.issue({ ...person, commonName: 'admin', organizations: ['system:masters'] });
  const serving = await authority.issue({
    commonName: 'stowage',
    organizations: [],
    usages: ['server'],
    dnsNames: ['localhost', 'agents.stowage'],
    ipAddresses: ['127.0.0.1'],
    validDays: 1,
  });
  // What was issued is in memory; the files are of no more use.
  await rm(dir, { recursive: true, force: true });
  const store = memoryStore({ clock });
  const cache = new WatchCache({ store, resources, clock, log, metrics, historySize });
  await cache.start();
  const auth = options.auth ?? testAuth(cache, clock);
  await auth.start();
  const standard = [
    namespaceLifecycle,
    podPriority,
    defaultTolerations({ notReady: 300, unreachable: 300 }),
    podServiceAccount,
    podSecurity,
  ];
  const admission = [...standard, ...auth.admission];
  const objects = createObjects({ store, cache, clock, rng, admission });
  await objects.create(namespaces, { metadata: { name: 'default' } }, { user: 'test' });
  await objects.create(namespaces, { metadata: { name: 'kube-system' } }, { user: 'test' });
  await ensureDefaultRoles(cache, objects);
  const events = { record() {} };
  const custom = await startCustomResources({ cache, store, objects, events, clock, rng, log, metrics });
  const server = createApiServer({
    catalogue: custom.catalogue,
    ...{ cache, objects, clock, rng, log, metrics, store },
    events,
    streams: noStreams,
    tls: { certPem: serving.certPem, keyPem: serving.keyPem, caPem: authority.certPem },
    port: 0,
    bindAddress: '127.0.0.1',
    accept: (socket: TLSSocket) => socket.destroy(),
    ...options,
    auth,
  });
  const stopBelow = async () => {
    await custom.stop();
    await auth.stop();
    await cache.stop();
    await store.close();
  };
  await server.start().catch(async (error) => {
    await stopBelow();
    throw error;
  });
  const connection = (as: KeyPair | null): RequestOptions => ({
    ca: authority.certPem,
    ...(as && { cert: as.certPem, key: as.keyPem }),
    agent: false,
  });
  return {
    ...{ url: server.url, objects, store, authority, admin },
    async send(line, { body, headers = {}, as = admin } = {}) {
      const [method, path] = line.split(' ');
      const bytes = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const length = { 'content-length': String(Buffer.byteLength((bytes as string) ?? '')) };
      const type = headers['content-type'] === '' ? undefined : { 'content-type': 'application/json' };
      const { 'content-type': _none, ...rest } = headers;
      const all = { ...type, ...length, ...(headers['content-type'] ? headers : rest) };
      const request = { ...connection(as), method, headers: bytes === undefined ? headers : all };
      return readReply(await respond(`${server.url}${path}`, request, bytes as string | undefined));
    },
    open: (path, headers = {}) => respond(`${server.url}${path}`, { ...connection(admin), headers }),
    async stop() {
      await server.stop();
      await stopBelow();
    },
  };
}

function respond(url: string, options: RequestOptions, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, options, resolve);
    request.once('error', reject);
    request.end(body);
  });
}

async function readReply(message: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const text = (message.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8');
  return {
    code: message.statusCode ?? 0,
    headers: message.headers,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}

/** Reads a watch event by event. */
export class WatchReader {
  readonly #message: IncomingMessage;
  readonly #lines: AsyncIterator<string>;

  constructor(message: IncomingMessage) {
    this.#message = message;
    this.#lines = lines(message);
  }

  /** `TYPE name` of the next event; `END` when the watch is over. */
  async next(): Promise<string> {
    const event = await this.nextEvent();
    return event ? `${event.type} ${event.object.metadata?.name ?? event.object.kind}` : 'END';
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape.
  async nextEvent(): Promise<any> {
    const line = await this.#lines.next();
    return line.done ? undefined : JSON.parse(line.value);
  }

  close(): void {
    this.#message.destroy();
  }
}

async function* lines(message: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  message.setEncoding('utf8');
  for await (const chunk of message) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
}
