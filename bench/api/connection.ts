import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { ClusterAccess } from '../../client/kubeconfig.ts';

export interface Reply {
  readonly code: number;
  /** Of the body, as it came over the wire. */
  readonly bytes: number;
  /** What the body begins with, for whoever wants to know why it was refused. */
  readonly start: string;
  /** The last of the body, where a continue key would not be found in the beginning. */
  readonly head: string;
}

const KEPT_BYTES = 2_000;

/**
 * A bare TLS socket that speaks just enough HTTP/1.1, one request at a time: the machine is shared with the master that is measured,
 * and Node's HTTP client costs as much as the server. Bodies are counted, not kept.
 *
 * Owns: the socket, and what is known of the answer under way.
 */
export class Connection {
  readonly #socket: TLSSocket;
  #waiting: { resolve(reply: Reply): void; reject(reason: unknown): void } | undefined;
  #head = '';
  #start = '';
  #bytes = 0;
  #missing = 0;
  #chunked = false;
  #tail = '';

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  static async open(access: ClusterAccess): Promise<Connection> {
    return new Connection(await openSocket(access));
  }

  exchange(message: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('the server has closed the connection, which was idle'));
      this.#waiting = { resolve, reject };
      this.#head = '';
      this.#start = '';
      this.#bytes = 0;
      this.#socket.write(message);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#head) {
      this.#body(chunk);
      return;
    }
    const end = chunk.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`an answer whose head came in pieces: ${chunk.toString('latin1')}`);
    this.#head = chunk.toString('latin1', 0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#head)?.[1];
    this.#chunked = length === undefined;
    this.#missing = Number(length);
    this.#tail = '';
    this.#body(chunk.subarray(end + 4));
  }

  #body(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#start.length < KEPT_BYTES) this.#start += part.toString('utf8', 0, KEPT_BYTES);
    if (this.#chunked) {
      this.#tail = (this.#tail + part.toString('latin1', Math.max(0, part.length - 7))).slice(-7);
      if (this.#tail === '\r\n0\r\n\r\n' || this.#tail === '0\r\n\r\n') this.#finish();
    } else {
      this.#missing -= part.length;
      if (this.#missing === 0) this.#finish();
    }
  }

  #finish(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const [head, start] = [this.#head, this.#start];
    this.#head = '';
    waiting?.resolve({ code: Number(head.slice(9, 12)), bytes: this.#bytes, start, head });
  }
}

export async function openSocket({ server, ca, cert, key }: ClusterAccess): Promise<TLSSocket> {
  const { hostname, port } = new URL(server);
  const socket = connect({ host: hostname, port: Number(port), ca, cert, key, ALPNProtocols: ['http/1.1'] });
  await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  return socket;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The request as it goes over the wire. */
export function message({ method, path, headers = {}, body = '' }: Call): string {
  const type = body && !headers['content-type'] ? { 'content-type': 'application/json' } : {};
  const length = body ? { 'content-length': String(Buffer.byteLength(body)) } : {};
  const lines = Object.entries({ host: 'cell', ...type, ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
