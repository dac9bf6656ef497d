import { compareKeys, type KeyRange } from './key-range.ts';
import { OrderedMap } from './ordered-map.ts';
import type { LeaseId, Revision, StoredValue } from './store.ts';
import type { Row, StoredLease, Table, Undo } from './table.ts';

/** A table in memory. Cannot fail, so its transactions need no way back. */
export class MemoryTable implements Table {
  revision: Revision = 1;
  compacted: Revision = 1;
  readonly #rows = new OrderedMap<Row>();
  readonly #leases = new Map<LeaseId, { ttlMs: number; keys: Set<string> }>();
  #log: Undo[] = [];
  #leasesGranted = 0;

  get(key: string): Row | undefined {
    return this.#rows.get(key);
  }

  range(range: KeyRange, limit: number): StoredValue[] {
    const values: StoredValue[] = [];
    for (const [key, { value, modRevision }] of this.#rows.entries(range.from)) {
      if (values.length >= limit || (range.to !== undefined && compareKeys(key, range.to) >= 0)) break;
      values.push({ key, value, modRevision });
    }
    return values;
  }

  count(range: KeyRange): number {
    const last = this.#rows.maxKey();
    if (last === undefined) return 0;
    return range.to === undefined
      ? this.#rows.forRange(range.from, last, true)
      : this.#rows.forRange(range.from, range.to, false);
  }

  undoAfter(revision: Revision): Undo[] {
    return this.#log.slice(firstAfter(this.#log, revision));
  }

  keysOf(lease: LeaseId): string[] {
    return [...(this.#leases.get(lease)?.keys ?? [])];
  }

  leases(): StoredLease[] {
    return [...this.#leases].map(([id, { ttlMs }]) => ({ id, ttlMs }));
  }

  transaction<T>(work: () => T): T {
    return work();
  }

  put(row: Row, previous: Row | undefined): void {
    this.#replaced(previous, row.key, row.modRevision);
    this.#rows.set(row.key, row);
    if (row.lease !== undefined) this.#leases.get(row.lease)?.keys.add(row.key);
  }

  remove(previous: Row, revision: Revision): void {
    this.#replaced(previous, previous.key, revision);
    this.#rows.delete(previous.key);
  }

  setRevision(revision: Revision): void {
    this.revision = revision;
  }

  addLease(ttlMs: number): LeaseId {
    this.#leasesGranted += 1;
    const id = String(this.#leasesGranted);
    this.#leases.set(id, { ttlMs, keys: new Set() });
    return id;
  }

  removeLease(lease: LeaseId): void {
    this.#leases.delete(lease);
  }

  forget(revision: Revision): void {
    this.#log = this.undoAfter(revision);
    this.compacted = revision;
  }

  close(): void {}

  #replaced(previous: Row | undefined, key: string, revision: Revision): void {
    this.#log.push({ revision, key, previous });
    if (previous?.lease !== undefined) this.#leases.get(previous.lease)?.keys.delete(key);
  }
}

/** Index of the first entry behind `revision`, by halving. */
function firstAfter(log: readonly Undo[], revision: Revision): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle]?.revision ?? 0) <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
