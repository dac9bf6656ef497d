import type { TLSSocket } from 'node:tls';
import type { ClusterAccess } from '../../client/kubeconfig.ts';
import { quantile } from '../report.ts';
import { message, openSocket } from './connection.ts';
import { momentUs } from './moment.ts';

/** How a change that is to be recognised says when it was sent: `"at-1234567"`. */
const MARK = Buffer.from('at-');
const QUOTE = 0x22;
const OPENED_AT_ONCE = 50;
/** Of so many watchers one counts every event. */
const COUNTED = 20;

export interface Watching {
  readonly access: ClusterAccess;
  /** `$i` is the watcher's number. */
  readonly path: string;
  readonly count: number;
}

export interface Heard {
  /** By all, reckoned from those that count. */
  readonly events: number;
  readonly bytes: number;
  /** From the sending of a change to its arrival; of each piece that arrives, its oldest change. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly closed: number;
}

/** Owns: the watching connections, and what has been heard since the last `heard`. */
export class Watchers {
  readonly #sockets: TLSSocket[] = [];
  #lags: number[] = [];
  #events = 0;
  #bytes = 0;
  #closed = 0;

  async open({ access, path, count }: Watching): Promise<void> {
    for (let i = 0; i < count; i += OPENED_AT_ONCE) {
      const some = Array.from({ length: Math.min(OPENED_AT_ONCE, count - i) }, (_, k) => i + k);
      await Promise.all(some.map((number) => this.#watch(access, path, number)));
    }
  }

  heard(): Heard {
    const lags = this.#lags;
    const [events, bytes] = [this.#events * COUNTED, this.#bytes];
    this.#lags = [];
    this.#events = 0;
    this.#bytes = 0;
    const [p50Ms, p99Ms, maxMs] = [0.5, 0.99, 1].map((q) => quantile(lags, q)) as [number, number, number];
    return { events, bytes, p50Ms, p99Ms, maxMs, closed: this.#closed };
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.removeAllListeners('close').destroy();
  }

  async #watch(access: ClusterAccess, path: string, number: number): Promise<void> {
    const socket = await openSocket(access);
    this.#sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.on('close', () => this.#closed++);
      socket.on('error', reject);
      socket.once('data', (head: Buffer) => {
        if (!head.toString('latin1', 0, 12).endsWith('200')) return reject(new Error(head.toString()));
        socket.on('data', (chunk: Buffer) => this.#hear(chunk, number % COUNTED === 0));
        resolve();
      });
      socket.write(message({ method: 'GET', path: path.replaceAll('$i', String(number)) }));
    });
  }

  #hear(chunk: Buffer, counts: boolean): void {
    this.#bytes += chunk.length;
    const at = chunk.indexOf(MARK);
    if (at < 0) return;
    const end = chunk.indexOf(QUOTE, at);
    // A mark at the very end may be cut.
    if (end >= 0) {
      const sentAt = Number.parseInt(chunk.toString('latin1', at + MARK.length, end), 10);
      this.#lags.push((momentUs() - sentAt) / 1_000);
    }
    if (counts) for (let from = at; from >= 0; from = chunk.indexOf(MARK, from + 1)) this.#events++;
  }
}
