import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/log.ts';
import { LocalStore } from './local-store.ts';
import { SCHEMA, SCHEMA_VERSION, SqliteTable } from './sqlite-table.ts';
import { type Store, StoreUnavailable } from './store.ts';

export interface SqliteStoreOptions {
  /** Path of the database; made, with its directory, where it does not exist. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Revisions of history to keep. Default 10,000. */
  readonly historyRevisions?: number;
}

/** SQLite's result codes (sqlite.org, "Result and Error Codes"), lowest byte. */
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_NOTADB = 26;

/** Larger log before it is folded into the file than SQLite's 1,000 pages: fewer pauses. */
const CHECKPOINT_PAGES = 4_000;
const LOG_FILE_MAX_BYTES = 64 * 2 ** 20;

/**
 * Opens the embedded store. A commit is on disk before it resolves (write-ahead log, `synchronous=FULL`), and commits issued in
 * one turn of the event loop share one write. The file stays locked while this process lives, however it ends. Rejects with
 * `StoreUnavailable`, in one sentence, when the file cannot be used or another process holds it.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { file, clock, log, historyRevisions = 10_000 } = options;
  const database = openDatabase(file);
  return new LocalStore({
    table: prepareTable(file, database),
    name: `the store ${file}`,
    clock,
    log,
    // After this turn's input has been read: requests that arrived together commit together.
    defer: (flush) => setImmediate(flush),
    historyRevisions,
  });
}

function openDatabase(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true });
    createPrivately(file);
    return new DatabaseSync(file, { timeout: 0 });
  } catch (error) {
    throw new StoreUnavailable(`Cannot open the store ${file}: ${reasonOf(error)}.`, { cause: error });
  }
}

/**
 * Only its owner may read what can hold Secrets. A file that is there is left alone: closing any descriptor of a file drops the
 * locks this process holds on it (POSIX), and with them another store's.
 */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
}

function prepareTable(file: string, database: DatabaseSync): SqliteTable {
  try {
    // Exclusive locking holds the lock from the first write until the process ends, and spares the shared-memory file.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(
      `PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA journal_size_limit = ${LOG_FILE_MAX_BYTES};`,
    );
    checkVersion(database);
    database.exec(`BEGIN EXCLUSIVE; ${SCHEMA} COMMIT;`);
    return new SqliteTable(database);
  } catch (error) {
    database.close();
    throw new StoreUnavailable(`Cannot open the store ${file}: ${reasonOf(error)}.`, { cause: error });
  }
}

function checkVersion(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
  if (version > SCHEMA_VERSION) {
    throw new Error(`it was written by a newer Stowage (layout ${version}; this one knows ${SCHEMA_VERSION})`);
  }
}

function reasonOf(error: unknown): string {
  const { code, errcode = 0, message } = error as { code?: string; errcode?: number; message: string };
  if ((errcode & 0xff) === SQLITE_BUSY) {
    return 'another process holds it, perhaps a master that is already running; stop that one or use another data directory';
  }
  if ((errcode & 0xff) === SQLITE_NOTADB) return 'the file is not a Stowage store';
  if ((errcode & 0xff) === SQLITE_READONLY) return 'the file cannot be written; make it and its directory writable';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied; make the directory writable or use another one';
  if (code === 'EROFS') return 'the file system is read-only; use another data directory';
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'a part of its path is a file, not a directory';
  if (code === 'ENOSPC') return 'no space is left on the device';
  return message;
}
