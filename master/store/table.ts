import type { KeyRange } from './key-range.ts';
import type { LeaseId, Revision, StoredValue } from './store.ts';

/** A current value and the lease it hangs on. */
export interface Row extends StoredValue {
  readonly lease?: LeaseId;
}

/** What one write replaced: enough to step back over it. `previous` undefined: the key was absent. */
export interface Undo {
  readonly revision: Revision;
  readonly key: string;
  readonly previous: Row | undefined;
}

export interface StoredLease {
  readonly id: LeaseId;
  readonly ttlMs: number;
}

/**
 * What a store inside this process stands on: current rows, a log of what each revision replaced (oldest first), leases and two
 * numbers. Synchronous, and used by `LocalStore` alone. Writes happen only inside `transaction`.
 */
export interface Table {
  /** Newest revision. 1 when nothing was ever written. */
  readonly revision: Revision;
  /** History up to and including this revision is forgotten. */
  readonly compacted: Revision;
  get(key: string): Row | undefined;
  /** Current values in key order, at most `limit`. */
  range(range: KeyRange, limit: number): StoredValue[];
  count(range: KeyRange): number;
  /** The log behind `revision`, oldest first. */
  undoAfter(revision: Revision): Undo[];
  keysOf(lease: LeaseId): string[];
  leases(): StoredLease[];

  /** Runs `work`; all it wrote is durable when this returns, or nothing is and it throws. */
  transaction<T>(work: () => T): T;
  put(row: Row, previous: Row | undefined): void;
  remove(previous: Row, revision: Revision): void;
  setRevision(revision: Revision): void;
  addLease(ttlMs: number): LeaseId;
  removeLease(lease: LeaseId): void;
  /** Drops the log up to and including `revision`. */
  forget(revision: Revision): void;
  close(): void;
}
