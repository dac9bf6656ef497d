import { randomInt } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import { parseResolver } from '../names/resolver.ts';
import { type AnswerParts, answer } from './answer.ts';
import type { NameBook } from './name-book.ts';
import { framed, MessageReader, Upstream } from './upstream.ts';

export interface NameServerParts {
  readonly book: NameBook;
  /** Address of this machine at which it answers. */
  readonly address: string;
  /** Default 53; 0: any that is free. */
  readonly port?: number;
  /** Default: those of the machine's own resolv.conf, read again when it may have changed. */
  readonly servers?: () => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly rng: Rng;
}

const PORT = 53;
const RESOLV_CONF = '/etc/resolv.conf';
const SERVERS_HOLD_MS = 5_000;
const MOST_CONNECTIONS = 256;
const IDLE_CONNECTION_MS = 10_000;

/** Answers questions for names, over UDP and TCP. Owns its sockets and the connections to them. */
export class NameServer {
  readonly #parts: NameServerParts;
  readonly #answering: AnswerParts;
  readonly #connections = new Set<Socket>();
  #udp: UdpSocket | undefined;
  #tcp: Server | undefined;
  #servers: { readonly untilMs: number; readonly list: readonly string[] } | undefined;

  constructor(parts: NameServerParts) {
    this.#parts = parts;
    const { address, book, clock, rng } = parts;
    const servers = parts.servers ?? (() => this.#machineServers());
    const upstream = new Upstream({ servers, own: address, clock, drawId: () => randomInt(65_536) });
    const askOthers: AnswerParts['askOthers'] = (question, transport) => upstream.ask(question, transport);
    this.#answering = { book, askOthers, draw: (n) => rng.int(n) };
  }

  /** Where it answers; undefined: it does not. */
  get port(): number | undefined {
    return this.#udp?.address().port;
  }

  /** Rejects where its address is taken, or is not this machine's; may be called again. */
  async start(): Promise<void> {
    if (this.#udp) return;
    const { address, port = PORT } = this.#parts;
    const udp = await this.#bindUdp(address, port);
    try {
      this.#tcp = await this.#listen(address, udp.address().port);
    } catch (error) {
      udp.close();
      throw error;
    }
    this.#udp = udp;
  }

  async stop(): Promise<void> {
    this.#udp?.close();
    this.#udp = undefined;
    const tcp = this.#tcp;
    this.#tcp = undefined;
    for (const connection of this.#connections) connection.destroy();
    if (tcp) await new Promise((resolve) => tcp.close(resolve));
  }

  #bindUdp(address: string, port: number): Promise<UdpSocket> {
    return new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.on('message', (bytes, { address: client, port: from }) => {
        // Whoever is gone does not hear it.
        const send = (message: Buffer | undefined) => message && this.#udp?.send(message, from, client, () => {});
        const message = answer(bytes, 'udp', this.#answering);
        if (message instanceof Promise) void message.then(send, () => {});
        else send(message);
      });
      socket.bind(port, address, () => {
        socket.off('error', reject);
        socket.on('error', () => {});
        resolve(socket);
      });
    });
  }

  #listen(address: string, port: number): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer((socket) => this.#serve(socket));
      server.maxConnections = MOST_CONNECTIONS;
      server.once('error', reject);
      server.listen(port, address, () => {
        server.off('error', reject);
        server.on('error', () => {});
        resolve(server);
      });
    });
  }

  #serve(socket: Socket): void {
    const reader = new MessageReader();
    this.#connections.add(socket);
    socket.setTimeout(IDLE_CONNECTION_MS, () => socket.destroy());
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', async (chunk) => {
      for (const bytes of reader.take(chunk)) {
        const message = await Promise.resolve(answer(bytes, 'tcp', this.#answering)).catch(() => undefined);
        if (message && socket.writable) socket.write(framed(message));
      }
    });
  }

  async #machineServers(): Promise<readonly string[]> {
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#servers && this.#servers.untilMs > nowMs) return this.#servers.list;
    const text = await readFile(RESOLV_CONF, 'utf8').catch(() => '');
    this.#servers = { untilMs: nowMs + SERVERS_HOLD_MS, list: parseResolver(text).servers };
    return this.#servers.list;
  }
}
