import { createHash } from 'node:crypto';
import type { Piece } from '../../master/store/relocation/snapshot.ts';
import { Trouble } from '../trouble.ts';

/**
 * The form of a backup: lines of JSON, compressed as one gzip stream. The first tells what it is, then come the files of a master that
 * make it the same cell's, then the entries of the store; the last has the number of them and the SHA-256 of all lines before it.
 */

/** Counts up when older programs could no longer read what is written. */
const FORM = 1;

export interface BackupHeader {
  readonly form: number;
  /** Of the Stowage that wrote it. */
  readonly version: string;
  readonly cellId: string;
  /** Of the store, as the cell counts. */
  readonly revision: number;
  /** RFC 3339. */
  readonly time: string;
  /** About how many entries follow. */
  readonly expected: number;
}

/** A file below the data directory. */
export interface CellFile {
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

export type Part =
  | { readonly type: 'header'; readonly header: BackupHeader }
  | { readonly type: 'file'; readonly file: CellFile }
  | Extract<Piece, { type: 'entry' }>;

type Line =
  | { readonly stowageBackup: BackupHeader }
  | { readonly file: CellFile }
  | { readonly k: string; readonly v: string }
  | { readonly end: Ending };

interface Ending {
  readonly files: number;
  readonly entries: number;
  readonly sha256: string;
}

export const headerFor = (about: Omit<BackupHeader, 'form'>): BackupHeader => ({ form: FORM, ...about });

/** The lines of these parts, with the last one. */
export async function* linesOfParts(parts: AsyncIterable<Part> | Iterable<Part>): AsyncGenerator<string> {
  const hash = createHash('sha256');
  const count = { header: 0, file: 0, entry: 0 };
  for await (const part of parts) {
    count[part.type] += 1;
    const line = `${JSON.stringify(lineOf(part))}\n`;
    hash.update(line);
    yield line;
  }
  const end: Ending = { files: count.file, entries: count.entry, sha256: hash.digest('hex') };
  yield `${JSON.stringify({ end })}\n`;
}

function lineOf(part: Part): Line {
  switch (part.type) {
    case 'header':
      return { stowageBackup: part.header };
    case 'file':
      return { file: part.file };
    case 'entry':
      return { k: part.key, v: part.value };
  }
}

/** The parts in these lines. Throws `Trouble` on what is no whole backup: at the latest at the end, so read it all before you act. */
export async function* partsOfLines(lines: AsyncIterable<string>, name: string): AsyncGenerator<Part> {
  const hash = createHash('sha256');
  const count = { header: 0, file: 0, entry: 0 };
  let end: Ending | undefined;
  for await (const text of lines) {
    if (end) throw new Trouble(`${name} goes on after its end: it is damaged`);
    const line = readLine(text, name, count.header === 0);
    if ('end' in line) {
      end = line.end;
      continue;
    }
    hash.update(`${text}\n`);
    const part = partOf(line);
    count[part.type] += 1;
    yield part;
  }
  if (!end) throw new Trouble(`${name} ends early: it was not written, or not copied, to its end; take another backup`);
  if (hash.digest('hex') === end.sha256 && count.file === end.files && count.entry === end.entries) return;
  throw new Trouble(`${name} is damaged: its content does not have the checksum that it was written with`);
}

function readLine(text: string, name: string, first: boolean): Line {
  let line: Partial<Record<string, unknown>> = {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) line = value as typeof line;
  } catch (error) {
    if (!first) throw new Trouble(`${name} is damaged: a line of it is not JSON`, 1, error);
  }
  const header = line.stowageBackup as BackupHeader | undefined;
  if (first !== (header !== undefined))
    throw new Trouble(first ? `${name} is no backup of \`stowctl backup\`` : `${name} is damaged: it begins twice`);
  if (header && header.form > FORM) {
    throw new Trouble(
      `${name} was written by a newer Stowage (${header.version}, form ${header.form}; this one reads up to ${FORM}): restore it with that`,
    );
  }
  if (!header && !line.file && typeof line.k !== 'string' && !line.end)
    throw new Trouble(`${name} is damaged: it has a line of no known sort`);
  return line as unknown as Line;
}

function partOf(line: Exclude<Line, { end: Ending }>): Part {
  if ('stowageBackup' in line) return { type: 'header', header: line.stowageBackup };
  return 'file' in line ? { type: 'file', file: line.file } : { type: 'entry', key: line.k, value: line.v };
}
