import {
  type CommitResult,
  type Lease,
  type ListOptions,
  type ListResult,
  type Revision,
  RevisionCompacted,
  type Store,
  type StoredValue,
  type Transaction,
  type Watch,
  type WatchEvent,
  type WatchHandlers,
} from '../store.ts';

/**
 * A store whose revisions all count `offset` more than those of what holds it. A cell that moved, or came back from a backup, goes on
 * with larger revisions than it ever gave out, though its new store begins to count at 1 (etcd docs, "Disaster recovery", advises the
 * same of a restored member: `--bump-revision`). Revisions up to the offset were another store's, whose history is not here.
 */
export class ShiftedStore implements Store {
  /** What holds the values. */
  readonly inner: Store;
  readonly #offset: Revision;

  constructor(inner: Store, offset: Revision) {
    this.inner = inner;
    this.#offset = offset;
  }

  async revision(): Promise<Revision> {
    return this.#offset + (await this.inner.revision());
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const found = await this.inner.get(key);
    return found && this.#outward(found);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    const { revision } = options;
    if (revision !== undefined && revision <= this.#offset) throw this.#before(revision);
    const inward = revision === undefined ? options : { ...options, revision: revision - this.#offset };
    const result = await this.inner.list(prefix, inward);
    return {
      ...result,
      values: result.values.map((value) => this.#outward(value)),
      revision: result.revision + this.#offset,
    };
  }

  async commit(transaction: Transaction): Promise<CommitResult> {
    const compares = transaction.compares.map(({ key, modRevision }) => ({
      key,
      // One of the store before, which nothing here was written at, matches nothing; 0 stays: the key is absent.
      modRevision: modRevision === 0 ? 0 : modRevision > this.#offset ? modRevision - this.#offset : NEVER,
    }));
    const result = await this.inner.commit({ ...transaction, compares });
    const revision = result.revision + this.#offset;
    if (result.ok) return { ok: true, revision };
    const found = [...result.found].map(([key, value]) => [key, value && this.#outward(value)] as const);
    return { ok: false, revision, found: new Map(found) };
  }

  watch(prefix: string, after: Revision, handlers: WatchHandlers): Watch {
    if (after <= this.#offset) return refused(handlers, this.#before(after));
    return this.inner.watch(prefix, after - this.#offset, {
      events: (events, revision) =>
        handlers.events(
          events.map((event) => this.#outwardEvent(event)),
          revision + this.#offset,
        ),
      lost: (reason) => handlers.lost(reason),
    });
  }

  grantLease(ttlMs: number): Promise<Lease> {
    return this.inner.grantLease(ttlMs);
  }

  async compact(revision: Revision): Promise<void> {
    if (revision > this.#offset) await this.inner.compact(revision - this.#offset);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  #outward(value: StoredValue): StoredValue {
    return { ...value, modRevision: value.modRevision + this.#offset };
  }

  #outwardEvent(event: WatchEvent): WatchEvent {
    return event.type === 'put'
      ? { type: 'put', value: this.#outward(event.value) }
      : { ...event, modRevision: event.modRevision + this.#offset };
  }

  #before(revision: Revision): RevisionCompacted {
    return new RevisionCompacted(
      `Revision ${revision} is too old: it was given out before the cell came into this store, after ${this.#offset}; list again.`,
    );
  }
}

/** A revision that no value has. */
const NEVER: Revision = Number.MAX_SAFE_INTEGER;

/** Says so once it has been returned, as the seam demands. */
function refused(handlers: WatchHandlers, reason: Error): Watch {
  let stopped = false;
  queueMicrotask(() => stopped || handlers.lost(reason));
  return {
    stop: () => {
      stopped = true;
    },
  };
}
