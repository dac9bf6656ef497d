import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { linesOf } from '../../client/watching.ts';
import { inChunks } from '../../master/store/relocation/chunks.ts';
import { Trouble } from '../trouble.ts';
import { type BackupHeader, linesOfParts, type Part, partsOfLines } from './form.ts';

/** zlib's level. A store that is written to forgets the revision that is read: speed goes before size. */
const FAST = 1;
/** It holds the keys of the cell. */
const PRIVATE = 0o600;

/** Throws `Trouble` where a backup cannot go: nothing that is there is overwritten. */
export function requireNew(path: string): void {
  if (existsSync(path)) throw new Trouble(`${path} is there already: name another file, or remove that one first`, 2);
}

/** Writes a backup, closed to others. It is under its name once it is whole and on disk, not before. */
export async function writeBackup(path: string, parts: AsyncIterable<Part>): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  try {
    const to = createWriteStream(draft, { flags: 'wx', mode: PRIVATE, flush: true });
    await pipeline(Readable.from(inChunks(linesOfParts(parts))), createGzip({ level: FAST }), to);
    requireNew(path);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw asTrouble(error, `cannot write the backup ${path}`);
  }
}

/** The parts of a backup, as they are read. Throws `Trouble`, at the latest at the end, where it is not whole. */
export async function* readBackup(path: string): AsyncGenerator<Part> {
  const file = createReadStream(path);
  const unpacked = createGunzip();
  // What goes wrong with the one ends the other, and with it the loop below.
  void pipeline(file, unpacked).catch(() => undefined);
  try {
    yield* partsOfLines(linesOf(unpacked), path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR')
      throw new Trouble(`${path} ends early: it was not written, or not copied, to its end; take another backup`);
    if (code.startsWith('Z_')) {
      const start = await firstBytes(path);
      throw start === GZIP
        ? new Trouble(`${path} is damaged: it does not unpack (${(error as Error).message})`, 1, error)
        : new Trouble(`${path} is no backup of \`stowctl backup\``, 1, error);
    }
    throw asTrouble(error, `cannot read the backup ${path}`);
  } finally {
    file.destroy();
  }
}

const GZIP = '1f8b';

async function firstBytes(path: string): Promise<string> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2);
    return buffer.subarray(0, bytesRead).toString('hex');
  } finally {
    await handle.close();
  }
}

/** A sentence for what the system refused; other errors as they are. */
function asTrouble(error: unknown, tried: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof Trouble || code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file or directory',
    EACCES: 'this user has no right to',
    EISDIR: 'it is a directory',
    ENOSPC: 'the disk is full',
  };
  return new Trouble(`${tried}: ${reasons[code] ?? message}`, 1, error);
}

/** Reads all of a backup. Rejects with `Trouble` unless it is whole. */
export async function verified(path: string): Promise<{ header: BackupHeader; files: number; entries: number }> {
  let header: BackupHeader | undefined;
  let files = 0;
  let entries = 0;
  for await (const part of readBackup(path)) {
    if (part.type === 'header') header = part.header;
    else if (part.type === 'file') files += 1;
    else entries += 1;
  }
  if (!header) throw new Trouble(`${path} is no backup of \`stowctl backup\``);
  return { header, files, entries };
}
