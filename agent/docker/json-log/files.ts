import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** One file of a log, held open: whatever it is renamed to, and even when it is removed, it can be read to its end. */
export interface LogFile {
  readonly handle: FileHandle;
  readonly inode: number;
  readonly sizeBytes: number;
  /** Last written to. */
  readonly changedAtMs: number;
}

/** More files than this are not a log as the engine keeps it. */
const MOST_FILES = 1_000;

async function openFile(path: string): Promise<LogFile | undefined> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (!handle) return undefined;
  const { ino, size, mtimeMs } = await handle.stat();
  return { handle, inode: ino, sizeBytes: size, changedAtMs: mtimeMs };
}

/** The n-th file of a log: 0 is written to now, 1 was before it, and so on. */
const nth = (path: string, index: number): string => (index === 0 ? path : `${path}.${index}`);

/**
 * Opens a log with all that was rotated away of it, the newest file first. Undefined where this process may not read it or the
 * engine has compressed some of it.
 */
export async function openLog(path: string): Promise<LogFile[] | undefined> {
  const files: LogFile[] = [];
  try {
    const names = await readdir(dirname(path));
    const compressed = names.some((name) => name.startsWith(basename(path)) && name.endsWith('.gz'));
    for (let index = 0; !compressed && index < MOST_FILES; index++) {
      const file = await openFile(nth(path, index));
      if (!file) break;
      // A rotation since the one before was opened shows us that one again.
      if (files.at(-1)?.inode === file.inode) await file.handle.close();
      else files.push(file);
    }
    if (files.length > 0) return files;
  } catch {
    await closeAll(files);
  }
  return undefined;
}

export async function closeAll(files: readonly LogFile[]): Promise<void> {
  await Promise.all(files.map(({ handle }) => handle.close()));
}

/** Whether the log's first name stands for this file still; undefined in the moment of a rotation in which it stands for none. */
export async function isCurrent(path: string, { inode }: LogFile): Promise<boolean | undefined> {
  const found = await statOf(path);
  return found ? found.ino === inode : undefined;
}

/**
 * Opens the file that was begun when this one was rotated away. Where this one has been rotated out of existence, that is the oldest
 * there is: the engine keeps no more. Undefined in the moment in which there is none.
 */
export async function openNext(path: string, file: LogFile): Promise<LogFile | undefined> {
  for (;;) {
    const index = await indexOf(path, file);
    if (index === 0) return undefined;
    const next = await openFile(nth(path, index - 1));
    // The files are renamed the oldest first: as long as this one has not moved, its neighbour had not when it was opened.
    if ((await indexOf(path, file)) === index) return next;
    await next?.handle.close();
  }
}

/** Which file of the log this is; the number of files where it is none any more. */
async function indexOf(path: string, { inode }: LogFile): Promise<number> {
  for (let index = 0; index < MOST_FILES; index++) {
    const found = await statOf(nth(path, index));
    if (!found && index > 0) return index;
    if (found?.ino === inode) return index;
  }
  return MOST_FILES;
}

const statOf = (path: string) =>
  stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
