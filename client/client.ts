import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { Status } from '../api/meta/errors.ts';
import { CommandFailure, ServerRefusal } from './failure.ts';
import type { ClusterAccess } from './kubeconfig.ts';

export interface CallOptions {
  readonly query?: Record<string, string | undefined>;
  /** Sent as it is when a string, else as JSON. */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

export interface ClientOptions {
  /** Connections at once, each with one request or one watch. Default 16. */
  readonly maxSockets?: number;
  /** Default `stowctl`. */
  readonly userAgent?: string;
}

/** Longest answer that is read whole. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/**
 * Speaks to an API server. Every method rejects with `ServerRefusal` when the server says no, and with `CommandFailure` when it
 * cannot be reached. Owns one pool of kept-alive connections, which `close` ends, and the token as it was last read.
 */
export class ApiClient {
  readonly access: ClusterAccess;
  readonly #agent: Agent | undefined;
  readonly #userAgent: string;
  #token: string | undefined;

  constructor(access: ClusterAccess, { maxSockets = 16, userAgent = 'stowctl' }: ClientOptions = {}) {
    this.access = access;
    this.#userAgent = userAgent;
    this.#token = access.token;
    if (access.server.startsWith('https:')) {
      this.#agent = new Agent({
        keepAlive: true,
        maxSockets,
        ca: access.ca,
        cert: access.cert,
        key: access.key,
        servername: access.serverName,
        rejectUnauthorized: !access.insecure,
      });
    }
  }

  get<T>(path: string, options?: CallOptions): Promise<T> {
    return this.json('GET', path, options);
  }

  /** The answer's JSON. */
  async json<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const text = await this.text(method, path, options);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new CommandFailure(`${method} ${path}: the server's answer is not JSON: ${text.slice(0, 200)}`, 1, error);
    }
  }

  async text(method: string, path: string, options: CallOptions = {}): Promise<string> {
    return readAll(await this.open(method, path, options));
  }

  /** The answer as it arrives; its status has been checked. */
  async open(method: string, path: string, options: CallOptions = {}): Promise<IncomingMessage> {
    let response = await this.#send(method, path, options);
    if (response.statusCode === 401 && (await this.#hasNewToken())) {
      response.resume();
      response = await this.#send(method, path, options);
    }
    const code = response.statusCode ?? 0;
    if (code >= 200 && code < 300) return response;
    throw new ServerRefusal(statusFrom(await readAll(response), code));
  }

  close(): void {
    this.#agent?.destroy();
  }

  #send(method: string, path: string, options: CallOptions): Promise<IncomingMessage> {
    const url = new URL(this.access.server + path);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const body = options.body === undefined ? undefined : textBody(options.body);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const settings: RequestOptions = { method, headers: this.#headers(options, body), signal: options.signal };
    const request = this.#agent
      ? httpsRequest(url, { ...settings, agent: this.#agent }, resolve)
      : httpRequest(url, settings, resolve);
    request.on('error', (error) => reject(options.signal?.aborted ? error : unreachable(url, error)));
    request.end(body);
    return promise;
  }

  /** Whoever has a pod's token finds a new one in its file before the old one runs out. */
  async #hasNewToken(): Promise<boolean> {
    const { tokenFile } = this.access;
    if (!tokenFile) return false;
    const token = (await readFile(tokenFile, 'utf8').catch(() => '')).trim();
    if (!token || token === this.#token) return false;
    this.#token = token;
    return true;
  }

  #headers(options: CallOptions, body: string | undefined): Record<string, string> {
    return {
      accept: options.accept ?? 'application/json',
      'user-agent': this.#userAgent,
      ...(this.#token && { authorization: `Bearer ${this.#token}` }),
      ...(body !== undefined && {
        'content-type': options.contentType ?? 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      }),
    };
  }
}

const textBody = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) {
      response.destroy();
      throw new CommandFailure(`the server's answer is larger than ${MAX_BODY_BYTES} bytes: narrow the request`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The body as a `Status`, or one made up from the code when the body is something else (a proxy's page). */
function statusFrom(body: string, code: number): Status {
  try {
    const value = JSON.parse(body) as Status;
    if (value.kind === 'Status') return { ...value, code: value.code ?? code };
  } catch {
    // Not JSON: fall through.
  }
  const message = body.trim().slice(0, 300) || `the server answered with HTTP ${code}`;
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code };
}

function unreachable(url: URL, error: Error): CommandFailure {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const hint =
    code === 'ECONNREFUSED'
      ? `The connection to the server ${url.host} was refused - is the cell running?`
      : `Unable to connect to the server ${url.host}: ${error.message || code}`;
  return new CommandFailure(hint, 1, error);
}
