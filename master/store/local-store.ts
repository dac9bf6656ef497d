import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import { applyOps, applyTransaction, checkKeys, type Group } from './apply-transaction.ts';
import { eventsAfter, listAt, listNow } from './history.ts';
import { LeaseTable } from './lease-table.ts';
import {
  type CommitResult,
  type Lease,
  type LeaseId,
  LeaseLost,
  type ListOptions,
  type ListResult,
  type Revision,
  RevisionCompacted,
  type Store,
  type StoredValue,
  StoreUnavailable,
  type Transaction,
  type Watch,
  type WatchHandlers,
} from './store.ts';
import type { Table } from './table.ts';
import { WatchHub } from './watch-hub.ts';

/** Transactions in one durable write: enough to hide its cost, few enough not to hold up the event loop. */
const MAX_GROUP = 512;
/** Transactions that may wait; one more is refused. */
const MAX_QUEUE = 65_536;
/** Rows of leases that could not be deleted are tried again after this time. */
const EXPIRY_RETRY_MS = 1_000;

export interface LocalStoreOptions {
  readonly table: Table;
  /** What the store is called in errors: `the store /var/lib/stowage/store.db`. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Calls back soon; all that is issued before it does shares one durable write. */
  readonly defer: (flush: () => void) => void;
  /** Revisions of history to keep; older ones are forgotten by themselves. */
  readonly historyRevisions: number;
}

/** One entry of the queue. `apply` writes, and returns what to tell the caller once the write is durable. */
interface Job {
  apply(group: Group): () => void;
  reject(reason: Error): void;
}

/**
 * A store inside this process, over a {@link Table}. Owns the queue of writes, the watchers and the leases. Invariant: what
 * readers and watchers can see is durable, and the watchers know of a write before whoever asked for it does.
 */
export class LocalStore implements Store {
  readonly #options: LocalStoreOptions;
  readonly #table: Table;
  readonly #hub = new WatchHub();
  readonly #leases: LeaseTable;
  #queue: Job[] = [];
  #flushing = false;
  #closed = false;

  constructor(options: LocalStoreOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#leases = new LeaseTable(options.clock, (expired) => this.#expire(expired));
    for (const lease of this.#table.leases()) this.#leases.add(lease);
  }

  async revision(): Promise<Revision> {
    return this.#read(() => this.#table.revision);
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const row = this.#read(() => this.#table.get(key));
    return row && { key: row.key, value: row.value, modRevision: row.modRevision };
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListResult> {
    const { revision = this.#table.revision } = options;
    if (revision < this.#table.compacted) throw this.#compactedError(revision);
    if (revision > this.#table.revision) {
      throw new RangeError(`Cannot list at revision ${revision}: the newest is ${this.#table.revision}.`);
    }
    return this.#read(() =>
      revision === this.#table.revision
        ? listNow(this.#table, prefix, options)
        : listAt(this.#table, prefix, revision, options),
    );
  }

  async commit(transaction: Transaction): Promise<CommitResult> {
    checkKeys(transaction);
    return this.#enqueue((group) => applyTransaction(group, transaction));
  }

  watch(prefix: string, after: Revision, handlers: WatchHandlers): Watch {
    if (this.#closed) return this.#hub.refuse(handlers, this.#closedError());
    if (after < this.#table.compacted) return this.#hub.refuse(handlers, this.#compactedError(after));
    const events = after < this.#table.revision ? eventsAfter(this.#table, prefix, after) : [];
    return this.#hub.add(prefix, after, handlers, { events, revision: Math.max(after, this.#table.revision) });
  }

  async grantLease(ttlMs: number): Promise<Lease> {
    const id = await this.#enqueue(({ table }) => table.addLease(ttlMs));
    this.#leases.add({ id, ttlMs });
    return {
      id,
      keepAlive: async () => {
        if (this.#closed) throw this.#closedError();
        if (!this.#leases.keepAlive(id)) throw new LeaseLost(`Lease ${id} has ended.`);
      },
      revoke: () => {
        this.#leases.remove(id);
        return this.#endLease(id);
      },
    };
  }

  async compact(revision: Revision): Promise<void> {
    await this.#enqueue(({ table }) => {
      if (revision > table.compacted) table.forget(Math.min(revision, table.revision));
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    while (this.#queue.length > 0) this.#flushOnce();
    this.#closed = true;
    this.#leases.stop();
    this.#hub.endAll(this.#closedError());
    this.#table.close();
  }

  #read<T>(read: () => T): T {
    if (this.#closed) throw this.#closedError();
    try {
      return read();
    } catch (error) {
      throw new StoreUnavailable(`Cannot read ${this.#options.name}: ${messageOf(error)}`, { cause: error });
    }
  }

  #enqueue<T>(work: (group: Group) => T): Promise<T> {
    if (this.#closed) return Promise.reject(this.#closedError());
    if (this.#queue.length >= MAX_QUEUE) {
      const why = `${MAX_QUEUE} transactions are waiting for ${this.#options.name} already; try again later.`;
      return Promise.reject(new StoreUnavailable(why));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ apply: (group) => applyJob(work, group, resolve, reject), reject });
      this.#scheduleFlush();
    });
  }

  #scheduleFlush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#options.defer(() => {
      this.#flushing = false;
      if (this.#queue.length === 0) return;
      this.#flushOnce();
      if (this.#queue.length > 0) this.#scheduleFlush();
    });
  }

  /** Makes the oldest jobs durable in one write, then tells the watchers, then those who asked. */
  #flushOnce(): void {
    const jobs = this.#queue.splice(0, MAX_GROUP);
    const revision = this.#table.revision;
    const group: Group = { table: this.#table, leaseAlive: (id) => this.#leases.alive(id), revision, events: [] };
    let answers: (() => void)[];
    try {
      answers = this.#table.transaction(() => this.#applyAll(jobs, group));
    } catch (error) {
      this.#writeFailed(jobs, revision, error);
      return;
    }
    if (group.revision !== revision) this.#hub.publish(group.events, group.revision);
    for (const answer of answers) answer();
  }

  #applyAll(jobs: readonly Job[], group: Group): (() => void)[] {
    const table = this.#table;
    const answers = jobs.map((job) => job.apply(group));
    if (group.revision !== table.revision) table.setRevision(group.revision);
    // Forgetting in strides keeps its cost off most writes.
    const { historyRevisions } = this.#options;
    if (table.revision - table.compacted > historyRevisions + Math.ceil(historyRevisions / 8)) {
      table.forget(table.revision - historyRevisions);
    }
    return answers;
  }

  #writeFailed(jobs: readonly Job[], before: Revision, error: unknown): void {
    const reason = new StoreUnavailable(`Cannot write ${this.#options.name}: ${messageOf(error)}`, { cause: error });
    // A write that failed yet happened is unknown to the watchers: they have to look again.
    if (this.#table.revision !== before) this.#hub.endAll(reason);
    for (const job of jobs) job.reject(reason);
  }

  #endLease(id: LeaseId): Promise<void> {
    return this.#enqueue((group) => {
      const keys = group.table.keysOf(id);
      applyOps(
        group,
        keys.map((key) => ({ type: 'delete', key })),
      );
      group.table.removeLease(id);
    });
  }

  #expire(leases: readonly LeaseId[]): void {
    for (const id of leases) {
      this.#endLease(id).catch((error: unknown) => {
        if (this.#closed) return;
        this.#options.log.warn({ lease: id, error: messageOf(error) }, 'could not end an expired lease; trying again');
        this.#options.clock.setTimer(EXPIRY_RETRY_MS, () => this.#expire([id]));
      });
    }
  }

  #compactedError(revision: Revision): RevisionCompacted {
    const kept = `${this.#options.name} has forgotten what came before revision ${this.#table.compacted}`;
    return new RevisionCompacted(`Revision ${revision} is too old: ${kept}; list again.`);
  }

  #closedError(): StoreUnavailable {
    return new StoreUnavailable(`${this.#options.name} is closed.`);
  }
}

/** A job that is refused says so to its caller alone; the others of its group go on. */
function applyJob<T>(
  work: (group: Group) => T,
  group: Group,
  resolve: (result: T) => void,
  reject: (reason: unknown) => void,
): () => void {
  try {
    const result = work(group);
    return () => resolve(result);
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
    return () => reject(error);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
