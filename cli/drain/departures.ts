import type { Pod } from '../../api/core/pod.ts';
import { watch } from '../../client/watching.ts';
import { refusedWith } from '../failure.ts';
import type { Session } from '../session.ts';

const PODS = '/api/v1/pods';

interface PodList {
  items?: Pod[];
  metadata?: { resourceVersion?: string };
}

/**
 * Who is still on a node, by one watch of it. Owns the uids of those that are there, and who waits for their end. `start` resolves with
 * the pods there are; from then on every departure is heard of, until `stop`.
 */
export class Departures {
  readonly #session: Session;
  readonly #selection: Readonly<Record<string, string | undefined>>;
  readonly #stopping = new AbortController();
  #present = new Set<string>();
  #waiting: { uid: string; resolve: () => void; reject: (reason: unknown) => void }[] = [];
  #failed: unknown;

  /** `podSelector` narrows it down to pods with such labels. */
  constructor(session: Session, nodeName: string, podSelector?: string) {
    this.#session = session;
    this.#selection = { fieldSelector: `spec.nodeName=${nodeName}`, labelSelector: podSelector };
  }

  async start(): Promise<Pod[]> {
    const list = await this.#list();
    void this.#follow(list.metadata?.resourceVersion).catch((error: unknown) => this.#fail(error));
    return list.items ?? [];
  }

  /** Resolves once the pod is gone; another of its name does not count. Rejects when that cannot be found out. */
  gone(uid: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ uid, resolve, reject });
      this.#tell();
    });
  }

  stop(): void {
    this.#stopping.abort();
  }

  get #signal(): AbortSignal {
    return AbortSignal.any([this.#session.signal, this.#stopping.signal]);
  }

  async #list(): Promise<PodList> {
    const query = this.#selection;
    const list = await this.#session.client.get<PodList>(PODS, { query, signal: this.#signal });
    this.#present = new Set(list.items?.map(({ metadata }) => metadata?.uid ?? ''));
    this.#tell();
    return list;
  }

  /** A server may end a watch at any time: it goes on from the last change heard, or from a new list. */
  async #follow(from: string | undefined): Promise<void> {
    let resourceVersion = from;
    while (!this.#signal.aborted) {
      resourceVersion ??= (await this.#list()).metadata?.resourceVersion;
      try {
        const query = { ...this.#selection, resourceVersion };
        for await (const { type, object } of watch<Pod>(this.#session.client, PODS, { query, signal: this.#signal })) {
          resourceVersion = object.metadata?.resourceVersion;
          if (type === 'ADDED') this.#present.add(object.metadata?.uid ?? '');
          if (type === 'DELETED' && this.#present.delete(object.metadata?.uid ?? '')) this.#tell();
        }
      } catch (error) {
        if (!refusedWith(error, 410)) throw error;
        resourceVersion = undefined;
      }
    }
  }

  #tell(): void {
    const still = this.#waiting.filter(({ uid }) => this.#present.has(uid) && this.#failed === undefined);
    const over = this.#waiting.filter((each) => !still.includes(each));
    this.#waiting = still;
    for (const { uid, resolve, reject } of over) {
      if (this.#present.has(uid)) reject(this.#failed);
      else resolve();
    }
  }

  #fail(error: unknown): void {
    if (this.#signal.aborted) return;
    this.#failed = error;
    this.#tell();
  }
}
