import {
  type CommitResult,
  type LeaseId,
  LeaseLost,
  type Op,
  type Revision,
  type StoredValue,
  type Transaction,
  type WatchEvent,
} from './store.ts';
import type { Table } from './table.ts';

/** What the transactions of one durable write have done so far. */
export interface Group {
  readonly table: Table;
  readonly leaseAlive: (lease: LeaseId) => boolean;
  /** Newest revision, counting what this group has done. */
  revision: Revision;
  readonly events: WatchEvent[];
}

/**
 * Checks a transaction against the table and carries it out at a revision of its own. Everything that can be refused is refused
 * before the first write. Throws `LeaseLost` when a put names a lease that has ended.
 */
export function applyTransaction(group: Group, transaction: Transaction): CommitResult {
  const found = failedCompares(group.table, transaction);
  if (found.size > 0) return { ok: false, revision: group.revision, found };
  checkLeases(group, transaction.ops);
  applyOps(group, transaction.ops);
  return { ok: true, revision: group.revision };
}

function failedCompares(table: Table, { compares }: Transaction): Map<string, StoredValue | undefined> {
  const found = new Map<string, StoredValue | undefined>();
  for (const { key, modRevision } of compares) {
    const row = table.get(key);
    if ((row?.modRevision ?? 0) !== modRevision) found.set(key, row && withoutLease(row));
  }
  return found;
}

const withoutLease = ({ key, value, modRevision }: StoredValue): StoredValue => ({ key, value, modRevision });

function checkLeases({ leaseAlive }: Group, ops: readonly Op[]): void {
  for (const op of ops) {
    if (op.type === 'put' && op.lease !== undefined && !leaseAlive(op.lease)) {
      throw new LeaseLost(`Lease ${op.lease} of the key "${op.key}" has ended; nothing was written.`);
    }
  }
}

/** A key in two operations of one transaction is a bug of whoever made it. */
export function checkKeys({ ops }: Transaction): void {
  const keys = new Set<string>();
  for (const { key } of ops) {
    if (keys.has(key)) throw new Error(`A transaction may name a key in one operation only; "${key}" is in two.`);
    keys.add(key);
  }
}

/** Writes the ops at the next revision; a delete of what is not there is nothing, and nothing makes no revision. */
export function applyOps(group: Group, ops: readonly Op[]): void {
  const { table, events } = group;
  const revision = group.revision + 1;
  for (const op of ops) {
    const previous = table.get(op.key);
    if (op.type === 'put') {
      const { key, value, lease } = op;
      table.put({ key, value, modRevision: revision, lease }, previous);
      events.push({ type: 'put', value: { key, value, modRevision: revision } });
      group.revision = revision;
    } else if (previous) {
      table.remove(previous, revision);
      events.push({ type: 'delete', key: op.key, modRevision: revision });
      group.revision = revision;
    }
  }
}
