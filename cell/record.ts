import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EtcdAccessFiles } from '../master/store/etcd-access.ts';

/** How the cell in a data directory was last started, so that `down` finds all of it. */
export interface CellRecord {
  readonly store: 'sqlite' | 'etcd';
  readonly etcdEndpoints?: readonly string[];
  readonly etcdPrefix?: string;
  /** Absolute paths. */
  readonly etcdAccess?: EtcdAccessFiles;
  readonly dockerHost?: string;
}

const fileOf = (dataDir: string) => join(dataDir, 'cell.json');

export function writeRecord(dataDir: string, record: CellRecord): void {
  writeFileSync(fileOf(dataDir), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
}

/** `undefined` where no cell was ever started, or its record cannot be read. */
export function readRecord(dataDir: string): CellRecord | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(dataDir), 'utf8')) as CellRecord;
  } catch {
    return undefined;
  }
}
