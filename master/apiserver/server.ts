import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { fastify } from 'fastify';
import type { Catalogue } from '../../api/meta/catalogue.ts';
import { badRequest } from '../../api/meta/errors.ts';
import { builtInCatalogue } from '../../api/registry.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { AgentStreams } from '../agents/streams.ts';
import type { UsageReader } from '../agents/usage.ts';
import type { Auth } from '../auth/auth.ts';
import { type Credential, credentialOf } from '../auth/authentication/credential.ts';
import type { MasterContext } from '../context.ts';
import type { Webhooks } from '../objects/webhooks/webhooks.ts';
import type { ExplainPod } from '../scheduler/explanation.ts';
import type { Store } from '../store/store.ts';
import { type Answer, JSON_TYPE, type UpgradeAnswer } from './answer.ts';
import type { Audit } from './audit/audit.ts';
import type { ApiContext, ApiRequest } from './context.ts';
import { failureAnswer, type Reception, serve } from './dispatch.ts';
import { Documents } from './documents.ts';
import { BODY_LIMIT_BYTES } from './errors.ts';
import { createFront, type FrontOptions, listen } from './front.ts';
import { gitVersion } from './health.ts';
import { DEFAULT_LIMITS, InFlight, type InFlightLimits } from './in-flight.ts';
import { requestMetrics } from './metrics.ts';
import { sendStream, wireForm } from './send.ts';
import { type Upgrade, wantedProtocol } from './streams/upgrade.ts';

/** A path outside Kubernetes' API, with an authentication of its own. */
export interface ExtraRoute {
  readonly method: 'GET' | 'POST';
  /** Exact: `/stowage/v1/enrol`. */
  readonly path: string;
  /** May throw `ApiError`; it becomes a Status. */
  handle(request: ExtraRequest): Promise<Answer>;
}

export type ExtraRequest = Pick<ApiRequest, 'headers' | 'body' | 'query' | 'signal'>;

export interface ApiServerOptions extends MasterContext, FrontOptions {
  /** Default: the kinds that are part of Stowage itself. */
  readonly catalogue?: Catalogue;
  readonly auth: Auth;
  readonly store: Store;
  readonly streams: AgentStreams;
  readonly webhooks?: Webhooks;
  readonly audit?: Audit;
  /** Absent where no agents report to this process: then nothing is measured. */
  readonly usage?: UsageReader;
  /** Absent where no scheduler runs in this process: then `pods/placement` answers 503. */
  readonly explainPod?: ExplainPod;
  /** 0: any free port. */
  readonly port: number;
  readonly bindAddress: string;
  readonly extraRoutes?: readonly ExtraRoute[];
  /** Stowage's own version. */
  readonly version?: string;
  readonly limits?: InFlightLimits;
}

/** After this long, a stopping server cuts what is still under way. */
const STOP_GRACE_MS = 3_000;
const MAX_URL_PARAMETER_LENGTH = 8_192;

/** The cell's HTTP API. `url` is valid after `start`. */
export function createApiServer(options: ApiServerOptions): Service & { readonly url: string } {
  return new ApiServer(options);
}

/** Owns the listener, every connection on it, and the signal that ends watches. */
class ApiServer implements Service {
  readonly #options: ApiServerOptions;
  readonly #stopping = new AbortController();
  readonly #reception: Reception;
  readonly #sockets = new Set<TLSSocket>();
  /** A connection's certificate does not change: it is read once. */
  readonly #credentials = new WeakMap<object, Credential>();
  #app: ReturnType<typeof buildApp> | undefined;
  #port = 0;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const version = options.version ?? 'dev';
    const catalogue = options.catalogue ?? builtInCatalogue;
    const context: ApiContext = { ...options, catalogue, version, stopping: this.#stopping.signal };
    const metrics = requestMetrics(options.metrics);
    this.#reception = {
      context,
      documents: new Documents(gitVersion(version), catalogue),
      inFlight: new InFlight(options.limits ?? DEFAULT_LIMITS, metrics),
      requestMetrics: metrics,
    };
  }

  get url(): string {
    const { bindAddress } = this.#options;
    const anywhere = bindAddress === '0.0.0.0' || bindAddress === '::';
    const host = anywhere ? '127.0.0.1' : bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress;
    return `https://${host}:${this.#port}`;
  }

  async start(): Promise<void> {
    const app = buildApp(this.#options, (exchange) => this.#answer(exchange));
    this.#app = app;
    app.server.on('secureConnection', (socket: TLSSocket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    takeUpgrades(app.server, (exchange) => this.#answer(exchange));
    await app.ready();
    this.#port = await listen(app.server, this.#options.port, this.#options.bindAddress);
  }

  async stop(): Promise<void> {
    const app = this.#app;
    if (!app) return;
    this.#app = undefined;
    this.#stopping.abort(new Error('the API server is stopping'));
    const cut = this.#options.clock.setTimer(STOP_GRACE_MS, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    if (app.server.listening) await new Promise<void>((resolve) => app.server.close(() => resolve()));
    cut.cancel();
    await app.close();
  }

  /** Answers one request, whatever happens. */
  async #answer({ request, response, body, fault, upgrade }: Exchange): Promise<void> {
    const abort = new AbortController();
    const leave = () => {
      // Nobody is waiting any more once an answer has gone out whole.
      if (!response.writableFinished) abort.abort(new Error('the client has gone'));
    };
    if (response.closed) leave();
    (upgrade?.socket ?? response).once('close', leave);
    const apiRequest = {
      ...apiRequestOf(request, response, body, abort.signal),
      upgrade: upgrade && wantedProtocol(request),
    };
    const extra = this.#options.extraRoutes?.find(
      ({ method, path }) => method === apiRequest.method && path === apiRequest.path,
    );
    const { context } = this.#reception;
    const { answer, done } = fault
      ? { answer: failureAnswer(context, fault), done() {} }
      : extra
        ? { answer: await extra.handle(apiRequest).catch((error) => failureAnswer(context, error)), done() {} }
        : await serve(this.#reception, apiRequest, this.#credentialOf(request.socket as TLSSocket));
    try {
      if (answer.type === 'upgrade') await goOn(answer, response, upgrade);
      else await send(answer, request, response, abort.signal);
    } catch (error) {
      context.log.debug({ path: apiRequest.path, error: String(error) }, 'an answer could not be sent whole');
    } finally {
      done();
    }
  }

  #credentialOf(socket: TLSSocket): Credential {
    const known = this.#credentials.get(socket);
    if (known) return known;
    const credential = credentialOf(socket);
    this.#credentials.set(socket, credential);
    return credential;
  }
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  /** Set when the framework has refused the request already (body too large, broken URL). */
  readonly fault?: unknown;
  /** Set when the client wants to go on in another protocol. */
  readonly upgrade?: Upgrade;
}

const NO_BODY = Buffer.alloc(0);

/** Fastify reads and bounds bodies and finds broken requests; all paths lead to `answer`, which knows the grammar. */
function buildApp(options: FrontOptions, answer: (exchange: Exchange) => Promise<void>) {
  const app = fastify<Server>({
    serverFactory: (handler) => createFront(options, handler),
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAX_URL_PARAMETER_LENGTH },
    return503OnClosing: false,
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (fault, { raw: request }, reply) => {
      reply.hijack();
      void answer({ request, response: reply.raw, body: NO_BODY, fault });
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler(async (fault, { raw: request }, reply) => {
    reply.hijack();
    await answer({ request, response: reply.raw, body: NO_BODY, fault });
  });
  app.all('*', async ({ raw: request, body }, reply) => {
    reply.hijack();
    await answer({ request, response: reply.raw, body: Buffer.isBuffer(body) ? body : NO_BODY });
  });
  return app;
}

/**
 * Requests to go on in a protocol that is known here come as events of their own; all others, whatever they wish for, are
 * answered as if they had not. The one who is refused gets an ordinary answer, the last on its connection.
 */
function takeUpgrades(server: Server, answer: (exchange: Exchange) => Promise<void>): void {
  const shouldUpgradeCallback = (request: IncomingMessage) => wantedProtocol(request) !== undefined;
  Object.assign(server, { shouldUpgradeCallback });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Whoever reads or writes hears of it.
    socket.on('error', () => {});
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.once('finish', () => socket.end());
    void answer({ request, response, body: NO_BODY, upgrade: { request, socket, head } });
  });
}

async function goOn(answer: UpgradeAnswer, response: ServerResponse, upgrade: Upgrade | undefined): Promise<void> {
  if (!upgrade) throw new Error('an answer wants to change the protocol of a request that does not');
  response.detachSocket(upgrade.socket as Socket);
  await answer.run(upgrade);
}

/** Answers what is not HTTP, or has too long a header, before there is a request; then the connection is of no use. */
function refuseMalformed(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) return;
  const status = badRequest(`the request is not well-formed HTTP: ${error.code ?? error.message}`).status;
  const body = JSON.stringify(status);
  const head = ['HTTP/1.1 400 Bad Request', `Content-Type: ${JSON_TYPE}`, `Content-Length: ${Buffer.byteLength(body)}`];
  socket.end(`${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`);
}

function apiRequestOf(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  signal: AbortSignal,
): ApiRequest {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)),
    headers: request.headers,
    body,
    signal,
    remoteAddress: request.socket.remoteAddress,
    cut: () => response.destroy(),
    warnings: [],
  };
}

async function send(
  answer: Exclude<Answer, UpgradeAnswer>,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  if (answer.type === 'stream') return sendStream(answer, response, signal);
  const { headers, body } = await wireForm(answer, request.headers['accept-encoding']);
  response.writeHead(answer.code, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}
