import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Catalogue } from '../../api/meta/catalogue.ts';
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
import type { Answer, UpgradeAnswer } from './answer.ts';
import type { Audit } from './audit/audit.ts';
import type { ApiContext, ApiRequest } from './context.ts';
import { failureAnswer, type Received, type Reception, serve } from './dispatch.ts';
import { Documents } from './documents.ts';
import { Fairness } from './fairness/fairness.ts';
import { fairnessMetrics } from './fairness/fairness-metrics.ts';
import { createFront, type FrontOptions, listen } from './front.ts';
import { gitVersion } from './health.ts';
import { DEFAULT_LIMITS, InFlight, type InFlightLimits } from './in-flight.ts';
import { MAX_HEADER_BYTES, refuseMalformed } from './malformed.ts';
import { requestMetrics } from './metrics.ts';
import { BODY_LIMIT_BYTES, hasBody, NO_BODY, readRequestBody } from './request-body.ts';
import { send } from './send.ts';
import { StoreSight } from './store-sight.ts';
import { type Upgrade, wantedProtocol } from './streams/upgrade.ts';
import { Turns } from './turns.ts';
import { WatchChannels } from './watch-channel.ts';

/** A path outside Kubernetes' API, with an authentication of its own. */
export interface ExtraRoute {
  readonly method: 'GET' | 'POST';
  /** Exact: `/stowage/v1/enrol`. */
  readonly path: string;
  /** May throw `ApiError`; it becomes a Status. */
  handle(request: ExtraRequest): Promise<Answer>;
}

export type ExtraRequest = Pick<ApiRequest, 'headers' | 'body' | 'query' | 'signal'> & {
  /** What the connection proves about the client. */
  readonly credential: Credential;
};

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
/** Bodies of requests outside Kubernetes' API, some of which anybody may send. */
const EXTRA_BODY_LIMIT_BYTES = 64 * 1024;

/** The cell's HTTP API. `url` is valid after `start`. */
export function createApiServer(options: ApiServerOptions): Service & { readonly url: string } {
  return new ApiServer(options);
}

/** Owns the listener, every connection on it, and the signal that ends watches. */
class ApiServer implements Service {
  readonly #options: ApiServerOptions;
  readonly #stopping = new AbortController();
  readonly #reception: Reception;
  readonly #sockets = new Set<Socket>();
  /** A connection's certificate does not change: it is read once. */
  readonly #credentials = new WeakMap<object, Credential>();
  #app: ReturnType<typeof buildApp> | undefined;
  #port = 0;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const version = options.version ?? 'dev';
    const catalogue = options.catalogue ?? builtInCatalogue;
    const watches = new WatchChannels(options.cache, options.clock);
    const turns = new Turns(options.clock);
    const stopping = this.#stopping.signal;
    const sight = new StoreSight(options.store, options.cache, options.clock);
    const context: ApiContext = { ...options, catalogue, watches, turns, version, stopping, sight };
    const metrics = requestMetrics(options.metrics);
    const limits = options.limits ?? DEFAULT_LIMITS;
    const fairness = new Fairness({ seats: limits.requests, clock: options.clock });
    fairnessMetrics(options.metrics, fairness);
    this.#reception = {
      context,
      documents: new Documents(gitVersion(version), catalogue),
      fairness,
      inFlight: new InFlight(limits, metrics, options.clientWrites),
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
    // Before the handshake, which somebody may never begin.
    app.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    takeUpgrades(app.server, (exchange) => this.#answer(exchange));
    // Who expects what is not known here is served as if he had not (RFC 9110, 10.1.1): Node would refuse without a word.
    app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
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
  async #answer({ request, response, fault, upgrade }: Exchange): Promise<void> {
    const abort = new AbortController();
    const leave = () => {
      // Nobody is waiting any more once an answer has gone out whole.
      if (!response.writableFinished) abort.abort(new Error('the client has gone'));
    };
    if (response.closed) leave();
    (upgrade?.socket ?? response).once('close', leave);
    const apiRequest = apiRequestOf(request, response, abort.signal, upgrade);
    const extra = this.#options.extraRoutes?.find(
      ({ method, path }) => method === apiRequest.method && path === apiRequest.path,
    );
    const { context } = this.#reception;
    const { clock, turns } = context;
    const { answer, done } = fault
      ? { answer: failureAnswer(context, fault), done() {} }
      : extra
        ? { answer: await this.#answerExtra(extra, apiRequest, request), done() {} }
        : await serve(this.#reception, apiRequest, this.#credentialOf(request.socket as TLSSocket));
    try {
      if (answer.type === 'upgrade') await goOn(answer, response, upgrade);
      else await send(answer, { request, response, signal: abort.signal, clock, turns });
    } catch (error) {
      context.log.debug({ path: apiRequest.path, error: String(error) }, 'an answer could not be sent whole');
    } finally {
      done();
    }
  }

  async #answerExtra(route: ExtraRoute, asked: ApiRequest, request: IncomingMessage): Promise<Answer> {
    try {
      const body = hasBody(request) ? await readRequestBody(request, EXTRA_BODY_LIMIT_BYTES) : NO_BODY;
      const credential = this.#credentialOf(request.socket as TLSSocket);
      return await route.handle({ ...asked, body, credential });
    } catch (error) {
      return failureAnswer(this.#reception.context, error);
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
  /** Set when the framework has refused the request already (broken URL). */
  readonly fault?: unknown;
  /** Set when the client wants to go on in another protocol. */
  readonly upgrade?: Upgrade;
}

/** Fastify finds broken requests and leaves bodies where they are, for it cannot know who may send one; all paths lead to `answer`, which knows the grammar. */
function buildApp(options: FrontOptions, answer: (exchange: Exchange) => Promise<void>) {
  const app = fastify<Server>({
    serverFactory: (handler) => createFront(options, handler),
    logger: false,
    routerOptions: { maxParamLength: MAX_HEADER_BYTES },
    return503OnClosing: false,
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (fault, { raw: request }, reply) => {
      reply.hijack();
      void answer({ request, response: reply.raw, fault });
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, done) => done(null));
  app.setErrorHandler(async (fault, { raw: request }, reply) => {
    reply.hijack();
    await answer({ request, response: reply.raw, fault });
  });
  const toAnswer = async ({ raw: request }: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    await answer({ request, response: reply.raw });
  };
  app.all('*', toAnswer);
  // Methods that the framework does not route.
  app.setNotFoundHandler(toAnswer);
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
    response.once('finish', () => socket.end());
    whenFree(socket, () => {
      response.assignSocket(socket as Socket);
      void answer({ request, response, upgrade: { request, socket, head } });
    });
  });
}

/** A client may send its next request when it has read an answer whose end this side has not seen yet, or before (RFC 9112, 9.3.2). */
function whenFree(socket: Duplex & { _httpMessage?: ServerResponse | null }, fn: () => void): void {
  const before = socket._httpMessage;
  if (before) before.once('close', () => !socket.destroyed && fn());
  else fn();
}

async function goOn(answer: UpgradeAnswer, response: ServerResponse, upgrade: Upgrade | undefined): Promise<void> {
  if (!upgrade) throw new Error('an answer wants to change the protocol of a request that does not');
  response.detachSocket(upgrade.socket as Socket);
  await answer.run(upgrade);
}

function apiRequestOf(
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
  upgrade: Upgrade | undefined,
): Received {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)),
    headers: request.headers,
    body: NO_BODY,
    ...(!upgrade && hasBody(request) && { readBody: () => readRequestBody(request, BODY_LIMIT_BYTES) }),
    upgrade: upgrade && wantedProtocol(request),
    signal,
    remoteAddress: request.socket.remoteAddress,
    cut: () => response.destroy(),
    warnings: [],
  };
}
