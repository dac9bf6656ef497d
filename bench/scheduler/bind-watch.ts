import type { IncomingMessage } from 'node:http';
import { ApiClient } from '../../cli/client.ts';
import type { ClusterAccess } from '../../cli/kubeconfig.ts';

const PATH = '/api/v1/pods';
const BOUND = { fieldSelector: 'spec.nodeName!=' };
const NEWLINE = 10;
const ADDED = Buffer.from('{"type":"ADDED"');

interface Goal {
  readonly count: number;
  resolve(): void;
  reject(reason: Error): void;
}

/**
 * Counts pods as they become bound, through an API watch on `spec.nodeName!=`: there, a pod is added when it is bound. Lines are
 * counted and not parsed, so that watching costs the machine next to nothing.
 *
 * Owns: one watch; `close` ends it.
 */
export class BindWatch {
  readonly #client: ApiClient;
  readonly #response: IncomingMessage;
  /** The beginning of a line whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0);
  #goal: Goal | undefined;
  #lost: Error | undefined;
  bound = 0;
  /** When the first and the last bound pod were seen, by `performance.now()`; 0 before. */
  firstMs = 0;
  lastMs = 0;

  private constructor(client: ApiClient, response: IncomingMessage) {
    this.#client = client;
    this.#response = response;
    response.on('data', (chunk: Buffer) => this.#receive(chunk));
    response.on('error', (error) => this.#lose(error));
    response.on('end', () => this.#lose());
  }

  /** Counts pods that are bound from now on. */
  static async open(access: ClusterAccess): Promise<BindWatch> {
    const client = new ApiClient(access);
    const list = await client.get<{ metadata: { resourceVersion: string } }>(PATH, { query: { ...BOUND, limit: '1' } });
    const { resourceVersion } = list.metadata;
    return new BindWatch(
      client,
      await client.open('GET', PATH, { query: { ...BOUND, watch: 'true', resourceVersion } }),
    );
  }

  /** Resolves once so many have been bound since the watch began. */
  async reached(count: number, deadlineMs: number): Promise<void> {
    if (this.#lost) throw this.#lost;
    if (this.bound >= count) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#goal = { count, resolve, reject };
      const late = () => reject(new Error(`only ${this.bound} of ${count} pods were bound within ${deadlineMs} ms`));
      timer = setTimeout(late, deadlineMs);
    }).finally(() => clearTimeout(timer));
  }

  close(): void {
    this.#goal = undefined;
    this.#response.destroy();
    this.#client.close();
  }

  #receive(chunk: Buffer): void {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const before = this.bound;
    let from = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, from)) {
      if (data.compare(ADDED, 0, ADDED.length, from, from + ADDED.length) === 0) this.bound++;
      from = end + 1;
    }
    this.#rest = data.subarray(from);
    if (this.bound === before) return;
    this.lastMs = performance.now();
    this.firstMs ||= this.lastMs;
    if (this.#goal && this.bound >= this.#goal.count) this.#goal.resolve();
  }

  #lose(cause?: Error): void {
    this.#lost = new Error('the watch of bound pods has ended', { cause });
    this.#goal?.reject(this.#lost);
  }
}
