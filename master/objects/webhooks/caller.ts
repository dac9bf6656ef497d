import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { isIP } from 'node:net';
import type { Clock } from '../../../platform/clock.ts';
import type { Address } from './address.ts';
import { CallFailed } from './answer.ts';

export interface Call {
  readonly address: Address;
  /** Authorities whose certificates are believed, in PEM. Default: the system's. */
  readonly caPem?: string;
  readonly body: string;
  readonly timeoutSeconds: number;
}

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_CONNECTIONS_PER_HOST = 128;
const IDLE_CONNECTION_MS = 60_000;
const EXCERPT_LENGTH = 200;

/** Posts to webhooks. Owns: the connections, which are kept open from one call to the next. */
export class WebhookCaller {
  readonly #agent = new Agent({
    keepAlive: true,
    maxSockets: MAX_CONNECTIONS_PER_HOST,
    timeout: IDLE_CONNECTION_MS,
    scheduling: 'lifo',
  });
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The body of the answer. Rejects with {@link CallFailed}, in the form of Kubernetes' messages. */
  async post(call: Call): Promise<string> {
    const url = new URL(call.address.url);
    url.searchParams.set('timeout', `${call.timeoutSeconds}s`);
    const abort = new AbortController();
    const timer = this.#clock.setTimer(call.timeoutSeconds * 1000, () => abort.abort());
    try {
      return await this.#attempt(call, url, abort.signal);
    } catch (error) {
      const why = abort.signal.aborted ? 'context deadline exceeded' : reasonOf(error as NodeJS.ErrnoException);
      throw new CallFailed(`failed to call webhook: Post "${url}": ${why}`, { cause: error });
    } finally {
      timer.cancel();
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  /** A connection that was kept may have been closed by the other side just now: then the request never arrived. */
  async #attempt(call: Call, url: URL, signal: AbortSignal): Promise<string> {
    for (;;) {
      const sent = this.#send(call, url, signal);
      try {
        return await sent.answer;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (!sent.request.reusedSocket || signal.aborted || (code !== 'ECONNRESET' && code !== 'EPIPE')) throw error;
      }
    }
  }

  #send({ address: { connectTo }, caPem, body }: Call, url: URL, signal: AbortSignal) {
    const { hostname } = url;
    const host = connectTo?.host ?? hostname.replace(/^\[|\]$/g, '');
    const sending = request({
      method: 'POST',
      agent: this.#agent,
      host,
      port: connectTo?.port ?? (url.port || 443),
      path: url.pathname + url.search,
      servername: isIP(hostname.replace(/^\[|\]$/g, '')) ? '' : hostname,
      headers: {
        host: url.host,
        'content-type': 'application/json',
        accept: 'application/json',
        'content-length': Buffer.byteLength(body),
      },
      signal,
      ...(caPem && { ca: caPem }),
    });
    const answer = new Promise<string>((resolve, reject) => {
      sending.on('error', reject);
      sending.on('response', (message) => void readBody(message).then(resolve, reject));
    });
    sending.end(body);
    return { request: sending, answer };
  }
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const { statusCode = 0 } = message;
  if (statusCode >= 200 && statusCode < 300) return text;
  const said = text.trim().slice(0, EXCERPT_LENGTH);
  throw new Error(`the server answered with status ${statusCode}${said ? `: ${said}` : ''}`);
}

/** Node tells of several addresses that were tried by one error without words. */
function reasonOf(error: NodeJS.ErrnoException & { errors?: Error[] }): string {
  return error.message || error.errors?.map(({ message }) => message).join('; ') || String(error.code ?? error);
}
