/**
 * The Store seam: an ordered map of keys to text with one increasing revision, compare-and-commit, history for watches and
 * paged lists, and leases. Adapters: etcd (production), sqlite (embedded default), memory (simulation). Every adapter passes
 * `store.suite.ts`.
 *
 * Errors: every method rejects with {@link StoreUnavailable} when the store cannot be reached or did not answer in time (the
 * caller retries reads; a `commit` that rejects may or may not have happened, so its caller must read before it tries again),
 * and with {@link RevisionCompacted} when asked about a revision whose history is gone (the caller starts over from a new
 * list). Anything else is a bug.
 */

/** A point in the store's history. Starts at 1; every commit that changes something makes a larger one. */
export type Revision = number;

export interface StoredValue {
  readonly key: string;
  readonly value: string;
  /** Revision of the commit that wrote this value. */
  readonly modRevision: Revision;
}

/** Holds when the key's value was written at `modRevision`; 0 means: the key is absent. */
export interface Compare {
  readonly key: string;
  readonly modRevision: Revision;
}

export type Op =
  | { readonly type: 'put'; readonly key: string; readonly value: string; readonly lease?: LeaseId }
  | { readonly type: 'delete'; readonly key: string };

/** All compares hold and all ops happen, at one revision, or nothing happens. No key may stand in two ops. */
export interface Transaction {
  readonly compares: readonly Compare[];
  readonly ops: readonly Op[];
}

export type CommitResult =
  | { readonly ok: true; readonly revision: Revision }
  /** `found` holds what stood under each compared key whose compare failed (`undefined`: absent). */
  | { readonly ok: false; readonly revision: Revision; readonly found: ReadonlyMap<string, StoredValue | undefined> };

export interface ListOptions {
  /** Read as of this revision. Default: the newest. */
  readonly revision?: Revision;
  /** At most this many values. Default: all. */
  readonly limit?: number;
  /** Only keys after this one (exclusive): how a list is continued. */
  readonly after?: string;
}

export interface ListResult {
  /** In key order (by UTF-8 bytes). */
  readonly values: readonly StoredValue[];
  readonly revision: Revision;
  /** How many keys under the prefix come after the last value. */
  readonly remaining: number;
}

export type WatchEvent =
  | { readonly type: 'put'; readonly value: StoredValue }
  | { readonly type: 'delete'; readonly key: string; readonly modRevision: Revision };

/** Called one at a time, in order, never before `watch` has returned. Must not throw. */
export interface WatchHandlers {
  /**
   * All events of one revision under the prefix, or of several whole revisions, oldest first. Everything up to `revision` has
   * now been told; `events` is empty where only the revision moved on, and in the first call when there is no past to tell.
   */
  events(events: readonly WatchEvent[], revision: Revision): void;
  /**
   * The watch has ended and will say nothing more: `RevisionCompacted` (list again) or `StoreUnavailable` (watch again from the
   * last revision seen, or list again).
   */
  lost(reason: Error): void;
}

export interface Watch {
  stop(): void;
}

export type LeaseId = string;

/** Keys put with a lease vanish (with delete events) when it is revoked or not kept alive for its time to live. */
export interface Lease {
  readonly id: LeaseId;
  /** Rejects with {@link LeaseLost} once the lease has ended. */
  keepAlive(): Promise<void>;
  revoke(): Promise<void>;
}

export interface Store {
  /** The newest revision, as of some moment after the call (linearizable). */
  revision(): Promise<Revision>;
  get(key: string): Promise<StoredValue | undefined>;
  list(prefix: string, options?: ListOptions): Promise<ListResult>;
  /**
   * Durable when it resolves. Transactions issued together may share one durable write and one revision; each still succeeds
   * or fails by its own compares, and those that share a write see each other as if one after the other. Rejects with
   * {@link LeaseLost} when a put names a lease that has ended; nothing has happened then.
   */
  commit(transaction: Transaction): Promise<CommitResult>;
  /** Everything under the prefix that changes after `after`. */
  watch(prefix: string, after: Revision, handlers: WatchHandlers): Watch;
  grantLease(ttlMs: number): Promise<Lease>;
  /**
   * Forgets history up to and including `revision`; current values stay. Lists at `revision` and watches from it still work,
   * older ones do not.
   */
  compact(revision: Revision): Promise<void>;
  close(): Promise<void>;
}

export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export class RevisionCompacted extends Error {
  override readonly name = 'RevisionCompacted';
}

export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}
