import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ensureDirectory } from '../directories.ts';
import { Trouble } from '../trouble.ts';
import type { CellFile } from './form.ts';

/**
 * The files that make a master one of its cell: the authority that all certificates are of, the key that all tokens of service accounts
 * are signed with, the token that agents join with. What else is in a data directory a master makes anew.
 */
const FILES: readonly string[] = [
  'pki/ca.crt',
  'pki/ca.key',
  'pki/service-account.key',
  'pki/service-account.pub',
  'join-token',
  'cell-id',
];

/** Those of a data directory. Throws `Trouble` where no master ever ran in it. */
export function readCellFiles(dataDir: string): CellFile[] {
  const missing = FILES.find((path) => !existsSync(join(dataDir, path)));
  if (missing !== undefined) {
    throw new Trouble(
      `${dataDir} is not the data directory of a master (it has no ${missing}): name its place with --data-dir`,
    );
  }
  return FILES.map((path) => {
    const file = join(dataDir, path);
    return { path, mode: statSync(file).mode & 0o777, text: readFileSync(file, 'utf8') };
  });
}

/** Throws `Trouble` where a file is there that says something else: it is of another cell. */
export function requireNoOther(dataDir: string, files: readonly CellFile[]): void {
  for (const { path, text } of files) {
    if (!FILES.includes(normalize(path))) throw new Trouble(`the backup holds ${path}, which is no file of a master`);
    const file = join(dataDir, path);
    if (existsSync(file) && readFileSync(file, 'utf8') !== text) {
      throw new Trouble(
        `${file} is of another cell than the backup: restore into an empty directory, named with --data-dir`,
      );
    }
  }
}

/** Puts the files where they belong, as they were. */
export function writeCellFiles(dataDir: string, files: readonly CellFile[]): void {
  ensureDirectory(dataDir, '--data-dir');
  for (const { path, mode, text } of files) {
    const file = join(dataDir, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode, flush: true });
    chmodSync(file, mode);
  }
}
