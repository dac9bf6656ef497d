import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { KeyRange } from './key-range.ts';
import type { LeaseId, Revision, StoredValue } from './store.ts';
import type { Row, StoredLease, Table, Undo } from './table.ts';

/** Number of the layout below, kept in the file's `user_version`. */
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (only INTEGER PRIMARY KEY CHECK (only = 1), revision INTEGER NOT NULL, compacted INTEGER NOT NULL);
  INSERT OR IGNORE INTO state VALUES (1, 1, 1);
  CREATE TABLE IF NOT EXISTS current (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL, revision INTEGER NOT NULL, lease INTEGER);
  CREATE INDEX IF NOT EXISTS current_lease ON current (lease) WHERE lease IS NOT NULL;
  CREATE TABLE IF NOT EXISTS undo (
    id INTEGER PRIMARY KEY, revision INTEGER NOT NULL, key TEXT NOT NULL,
    previous_value TEXT, previous_revision INTEGER, previous_lease INTEGER);
  CREATE INDEX IF NOT EXISTS undo_revision ON undo (revision);
  CREATE TABLE IF NOT EXISTS leases (id INTEGER PRIMARY KEY AUTOINCREMENT, ttl_ms INTEGER NOT NULL);
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

type Statements = ReturnType<typeof prepare>;

const prepare = (database: DatabaseSync) => ({
  begin: database.prepare('BEGIN IMMEDIATE'),
  commit: database.prepare('COMMIT'),
  rollback: database.prepare('ROLLBACK'),
  state: database.prepare('SELECT revision, compacted FROM state'),
  setRevision: database.prepare('UPDATE state SET revision = ?'),
  setCompacted: database.prepare('UPDATE state SET compacted = ?'),
  get: database.prepare('SELECT value, revision, lease FROM current WHERE key = ?'),
  range: database.prepare('SELECT key, value, revision FROM current WHERE key >= ? AND key < ? ORDER BY key LIMIT ?'),
  count: database.prepare('SELECT count(*) AS n FROM current WHERE key >= ? AND key < ?'),
  insert: database.prepare('INSERT INTO current (key, value, revision, lease) VALUES (?, ?, ?, ?)'),
  update: database.prepare('UPDATE current SET value = ?, revision = ?, lease = ? WHERE key = ?'),
  remove: database.prepare('DELETE FROM current WHERE key = ?'),
  log: database.prepare(
    'INSERT INTO undo (revision, key, previous_value, previous_revision, previous_lease) VALUES (?, ?, ?, ?, ?)',
  ),
  undoAfter: database.prepare(
    'SELECT revision, key, previous_value, previous_revision, previous_lease FROM undo WHERE revision > ? ORDER BY id',
  ),
  forget: database.prepare('DELETE FROM undo WHERE revision <= ?'),
  keysOf: database.prepare('SELECT key FROM current WHERE lease = ? ORDER BY key'),
  leases: database.prepare('SELECT id, ttl_ms FROM leases ORDER BY id'),
  addLease: database.prepare('INSERT INTO leases (ttl_ms) VALUES (?)'),
  removeLease: database.prepare('DELETE FROM leases WHERE id = ?'),
});

/** Every text sorts before every blob, so an empty blob is an end that no key reaches. */
const END = new Uint8Array(0);

/** A table in a SQLite file that has {@link SCHEMA}. Owns the open database; statements are compiled once. */
export class SqliteTable implements Table {
  readonly #database: DatabaseSync;
  readonly #sql: Statements;
  revision: Revision = 1;
  compacted: Revision = 1;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#sql = prepare(database);
    this.#readState();
  }

  get(key: string): Row | undefined {
    const row = this.#sql.get.get(key);
    return row && rowOf(key, row.value, row.revision, row.lease);
  }

  range({ from, to }: KeyRange, limit: number): StoredValue[] {
    const rows = this.#sql.range.all(from, to ?? END, limit);
    return rows.map(({ key, value, revision }) => ({
      key: String(key),
      value: String(value),
      modRevision: Number(revision),
    }));
  }

  count({ from, to }: KeyRange): number {
    return Number(this.#sql.count.get(from, to ?? END)?.n);
  }

  undoAfter(revision: Revision): Undo[] {
    return this.#sql.undoAfter.all(revision).map((row) => {
      const key = String(row.key);
      const absent = row.previous_revision === null;
      const previous = absent ? undefined : rowOf(key, row.previous_value, row.previous_revision, row.previous_lease);
      return { revision: Number(row.revision), key, previous };
    });
  }

  keysOf(lease: LeaseId): string[] {
    return this.#sql.keysOf.all(Number(lease)).map(({ key }) => String(key));
  }

  leases(): StoredLease[] {
    return this.#sql.leases.all().map((row) => ({ id: String(row.id), ttlMs: Number(row.ttl_ms) }));
  }

  transaction<T>(work: () => T): T {
    this.#sql.begin.run();
    try {
      const result = work();
      this.#sql.commit.run();
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  put({ key, value, modRevision, lease }: Row, previous: Row | undefined): void {
    this.#log(modRevision, key, previous);
    const leaseId = lease === undefined ? null : Number(lease);
    if (previous) this.#sql.update.run(value, modRevision, leaseId, key);
    else this.#sql.insert.run(key, value, modRevision, leaseId);
  }

  remove(previous: Row, revision: Revision): void {
    this.#log(revision, previous.key, previous);
    this.#sql.remove.run(previous.key);
  }

  setRevision(revision: Revision): void {
    this.#sql.setRevision.run(revision);
    this.revision = revision;
  }

  addLease(ttlMs: number): LeaseId {
    return String(this.#sql.addLease.run(ttlMs).lastInsertRowid);
  }

  removeLease(lease: LeaseId): void {
    this.#sql.removeLease.run(Number(lease));
  }

  forget(revision: Revision): void {
    this.#sql.forget.run(revision);
    this.#sql.setCompacted.run(revision);
    this.compacted = revision;
  }

  close(): void {
    this.#database.close();
  }

  #log(revision: Revision, key: string, previous: Row | undefined): void {
    const lease = previous?.lease === undefined ? null : Number(previous.lease);
    this.#sql.log.run(revision, key, previous?.value ?? null, previous?.modRevision ?? null, lease);
  }

  /** Some failures of SQLite end the transaction by themselves; what is then in the file is what counts. */
  #rollback(): void {
    if (this.#database.isTransaction) this.#sql.rollback.run();
    this.#readState();
  }

  #readState(): void {
    const state = this.#sql.state.get();
    this.revision = Number(state?.revision);
    this.compacted = Number(state?.compacted);
  }
}

type Column = SQLOutputValue | undefined;

function rowOf(key: string, value: Column, revision: Column, lease: Column): Row {
  return {
    key,
    value: String(value),
    modRevision: Number(revision),
    lease: lease === null || lease === undefined ? undefined : String(lease),
  };
}
