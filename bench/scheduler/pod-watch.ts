import type { IncomingMessage } from 'node:http';
import { ApiClient } from '../../client/client.ts';
import type { ClusterAccess } from '../../client/kubeconfig.ts';

const EVERYWHERE = '/api/v1/pods';
const SELECTORS = { bound: 'spec.nodeName!=', running: 'status.phase=Running' } as const;
const NEWLINE = 10;
const ADDED = Buffer.from('{"type":"ADDED"');

interface Goal {
  readonly count: number;
  resolve(): void;
  reject(reason: Error): void;
}

/**
 * Counts pods as they become bound or running, through an API watch on those that are: there, a pod is added when it becomes so. Lines
 * are counted and not parsed, so that watching costs the machine next to nothing.
 *
 * Owns: one watch; `close` ends it.
 */
export class PodWatch {
  readonly #what: keyof typeof SELECTORS;
  readonly #client: ApiClient;
  readonly #response: IncomingMessage;
  /** The beginning of a line whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0);
  #goal: Goal | undefined;
  #lost: Error | undefined;
  count = 0;
  /** When the last of them was seen, by `performance.now()`; 0 before. */
  lastMs = 0;

  private constructor(what: keyof typeof SELECTORS, client: ApiClient, response: IncomingMessage) {
    this.#what = what;
    this.#client = client;
    this.#response = response;
    response.on('data', (chunk: Buffer) => this.#receive(chunk));
    response.on('error', (error) => this.#lose(error));
    response.on('end', () => this.#lose());
  }

  /** Counts pods that become so from now on; those of one namespace, where one is given. */
  static async open(access: ClusterAccess, what: keyof typeof SELECTORS, namespace?: string): Promise<PodWatch> {
    const path = namespace === undefined ? EVERYWHERE : `/api/v1/namespaces/${namespace}/pods`;
    const client = new ApiClient(access);
    const query = { fieldSelector: SELECTORS[what] };
    const list = await client.get<{ metadata: { resourceVersion: string } }>(path, { query: { ...query, limit: '1' } });
    const { resourceVersion } = list.metadata;
    const watching = client.open('GET', path, { query: { ...query, watch: 'true', resourceVersion } });
    return new PodWatch(what, client, await watching);
  }

  /** Resolves once so many have become so since the watch began. */
  async reached(count: number, deadlineMs: number): Promise<void> {
    if (this.#lost) throw this.#lost;
    if (this.count >= count) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#goal = { count, resolve, reject };
      const late = () =>
        reject(new Error(`only ${this.count} of ${count} pods were ${this.#what} within ${deadlineMs} ms`));
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
    const before = this.count;
    let from = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, from)) {
      if (data.compare(ADDED, 0, ADDED.length, from, from + ADDED.length) === 0) this.count++;
      from = end + 1;
    }
    this.#rest = data.subarray(from);
    if (this.count === before) return;
    this.lastMs = performance.now();
    if (this.#goal && this.count >= this.#goal.count) this.#goal.resolve();
  }

  #lose(cause?: Error): void {
    this.#lost = new Error(`the watch of ${this.#what} pods has ended`, { cause });
    this.#goal?.reject(this.#lost);
  }
}
