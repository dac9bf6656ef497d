import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { ClusterAccess } from '../../client/kubeconfig.ts';

/**
 * Writes to the API over many kept-alive connections, one request at a time on each. Bare sockets, because the machine is shared with
 * the master that is measured and Node's HTTP client costs as much as the server.
 *
 * Owns: its connections; `close` ends them.
 */
export class Lanes {
  readonly #access: ClusterAccess;
  #lanes: Lane[];

  private constructor(access: ClusterAccess, lanes: Lane[]) {
    this.#access = access;
    this.#lanes = lanes;
  }

  static async open(access: ClusterAccess, connections: number): Promise<Lanes> {
    return new Lanes(access, await Promise.all(Array.from({ length: connections }, () => Lane.open(access))));
  }

  /** Sends all of it; rejects with the first answer that is not 2xx. */
  async send(requests: Iterable<{ method?: string; path: string; body: unknown }>): Promise<void> {
    const { host } = new URL(this.#access.server);
    // The server closes connections that were idle for long.
    this.#lanes = await Promise.all(this.#lanes.map((lane) => (lane.closed ? Lane.open(this.#access) : lane)));
    const queue = requests[Symbol.iterator]();
    const work = async (lane: Lane) => {
      for (let next = queue.next(); !next.done; next = queue.next()) {
        const { method = 'POST', path, body } = next.value;
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`;
        await lane.exchange(`${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
      }
    };
    await Promise.all(this.#lanes.map(work));
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }
}

class Lane {
  readonly #socket: TLSSocket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve(): void; reject(reason: unknown): void } | undefined;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  static async open({ server, ca, cert, key }: ClusterAccess): Promise<Lane> {
    const { hostname, port } = new URL(server);
    const socket = connect({ host: hostname, port: Number(port), ca, cert, key, ALPNProtocols: ['http/1.1'] });
    await once(socket, 'secureConnect');
    socket.setNoDelay(true);
    return new Lane(socket);
  }

  get closed(): boolean {
    return this.#socket.destroyed;
  }

  exchange(message: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(new Error('the server has closed the connection, which was idle'));
      this.#waiting = { resolve, reject };
      this.#socket.write(message);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) throw new Error(`an answer without a length: ${head}`);
    if (this.#received.length < headEnd + 4 + Number(length)) return;
    const body = this.#received;
    this.#received = Buffer.alloc(0);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (/^HTTP\/1\.1 2/.test(head)) waiting?.resolve();
    else waiting?.reject(new Error(`refused: ${body.toString('utf8', 0, 2000)}`));
  }
}
