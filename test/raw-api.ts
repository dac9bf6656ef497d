import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';
import type { Status } from '../api/meta/errors.ts';

export interface RawAnswer {
  code: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; throws when it is none. */
  json<T>(): T;
  /** The body as a failure; throws when it is none, or its code is not the answer's. */
  status(): Status;
}

export interface RawRequest {
  body?: string | Buffer | object;
  headers?: Record<string, string>;
  /** Whole answers only: a watch is cut at its first line. */
  firstLineOnly?: boolean;
}

/** A client certificate with its key, in PEM. */
export interface Identity {
  cert: string;
  key: string;
}

interface Kubeconfig {
  clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
  users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
}

/** HTTPS without a client library's kindness: what is sent is sent, what comes back is looked at. */
export class RawApi {
  readonly url: string;
  readonly ca: string;
  readonly #identity: Identity | undefined;
  readonly #agent: Agent;

  constructor(url: string, ca: string, identity: Identity | undefined) {
    this.url = url;
    this.ca = ca;
    this.#identity = identity;
    this.#agent = new Agent({ ca, ...identity, keepAlive: true, maxSockets: 8 });
  }

  static async of(kubeconfig: string): Promise<RawApi> {
    const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
    const text = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');
    const { cluster } = clusters[0]!;
    const { user } = users[0]!;
    const identity = { cert: text(user['client-certificate-data']), key: text(user['client-key-data']) };
    return new RawApi(cluster.server, text(cluster['certificate-authority-data']), identity);
  }

  /** The same server, asked by somebody else, or by nobody in particular. */
  as(identity: Identity | undefined): RawApi {
    return new RawApi(this.url, this.ca, identity);
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  close(): void {
    this.#agent.destroy();
  }

  send(method: string, path: string, { body, headers = {}, firstLineOnly }: RawRequest = {}): Promise<RawAnswer> {
    const bytes = typeof body === 'string' || body instanceof Buffer ? body : body && JSON.stringify(body);
    // Without its length, Node would send the body of a DELETE unframed.
    const framing = bytes !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(bytes)),
    };
    const given = { ...framing, ...headers };
    return new Promise((resolve, reject) => {
      const sent = request(`${this.url}${path}`, { method, headers: given, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        const finish = () =>
          resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString('utf8')));
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (firstLineOnly && chunk.includes(10)) {
            finish();
            sent.destroy();
          }
        });
        response.on('end', finish);
        response.on('error', (error) => !firstLineOnly && reject(error));
      });
      sent.setTimeout(20_000, () => sent.destroy(new Error(`${method} ${path} was not answered within 20 s`)));
      // After the answer is in, a reset while the rest of a refused body is still on its way changes nothing.
      sent.on('error', reject);
      sent.end(bytes);
    });
  }

  get(path: string, headers?: Record<string, string>): Promise<RawAnswer> {
    return this.send('GET', path, { headers });
  }

  post(path: string, body: RawRequest['body'], headers?: Record<string, string>): Promise<RawAnswer> {
    return this.send('POST', path, { body, headers });
  }

  put(path: string, body: RawRequest['body']): Promise<RawAnswer> {
    return this.send('PUT', path, { body });
  }

  patch(path: string, type: string, body: RawRequest['body']): Promise<RawAnswer> {
    return this.send('PATCH', path, { body, headers: { 'content-type': type } });
  }
}

function answerOf(code: number, headers: IncomingHttpHeaders, text: string): RawAnswer {
  return {
    code,
    headers,
    text,
    json: <T>() => JSON.parse(text) as T,
    status() {
      const status = JSON.parse(text) as Status;
      const sound = status.kind === 'Status' && status.apiVersion === 'v1' && status.status === 'Failure';
      if (!sound || status.code !== code) throw new Error(`an answer with code ${code} is no failure: ${text}`);
      return status;
    },
  };
}
