import type { Informer, KubernetesObject, ObjectCache } from '@kubernetes/client-node';

const RESTART_MS = 200;

/** Keeps what an informer tells, and every fault in how it tells it. Starts it again after errors, as the library asks of its users. */
export class Ledger<T extends KubernetesObject> {
  readonly faults: string[] = [];
  readonly counts = { add: 0, update: 0, delete: 0, error: 0 };
  /** Resource version by uid, as the events alone tell it. */
  readonly known = new Map<string, string>();
  readonly #informer: Informer<T> & ObjectCache<T>;
  readonly #gone = new Set<string>();
  #stopped = false;

  constructor(informer: Informer<T> & ObjectCache<T>) {
    this.#informer = informer;
    informer.on('add', (object) => this.#note('add', object));
    informer.on('update', (object) => this.#note('update', object));
    informer.on('delete', (object) => this.#note('delete', object));
    informer.on('error', () => {
      this.counts.error++;
      if (!this.#stopped) setTimeout(() => !this.#stopped && void informer.start(), RESTART_MS);
    });
  }

  start(): Promise<void> {
    return this.#informer.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#informer.stop();
  }

  /** Uid and version of all that the informer holds, in order. */
  get held(): string[] {
    return versions(this.#informer.list());
  }

  /** The same, as its events alone tell it. */
  get told(): string[] {
    return [...this.known].map(([uid, version]) => `${uid} ${version}`).sort();
  }

  #note(what: 'add' | 'update' | 'delete', { metadata = {} }: T): void {
    this.counts[what]++;
    const { uid = '', name, resourceVersion = '' } = metadata;
    const before = this.known.get(uid);
    const wrong = (why: string) => this.faults.push(`${what} ${name} at ${resourceVersion}: ${why}`);
    if (this.#gone.has(uid)) wrong('it was gone');
    if (what === 'add' && before) wrong(`it was there at ${before}`);
    if (what !== 'add' && !before) wrong('it was not there');
    if (what === 'update' && Number(resourceVersion) <= Number(before)) wrong(`it was at ${before}`);
    if (what === 'delete') {
      this.known.delete(uid);
      this.#gone.add(uid);
    } else this.known.set(uid, resourceVersion);
  }
}

export const versions = (objects: readonly KubernetesObject[]): string[] =>
  objects.map(({ metadata }) => `${metadata?.uid} ${metadata?.resourceVersion}`).sort();
