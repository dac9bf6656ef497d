import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Group, giveToGroup, groupMode } from './ownership.ts';
import type { VolumeFile } from './volume-files.ts';

/** Name of the link to the files in force; the same as Kubernetes', since programs watch it. */
const DATA_LINK = '..data';
const PREFIX = '..files-';

/**
 * Puts files into a directory so that a reader sees all of the old ones or all of the new ones: they are written to a directory of
 * their own, and one rename of a link switches to it. What the user sees are links through that one. Files that are there already,
 * all of them and no others, are left alone: nobody who watches them is woken for nothing. Gives what could not be done.
 */
export async function showFiles(
  dir: string,
  files: readonly VolumeFile[],
  group: Group | undefined,
): Promise<string | undefined> {
  if (await shows(dir, files, group)) return undefined;
  const fresh = await mkdtemp(join(dir, PREFIX));
  await chmod(fresh, 0o755);
  for (const file of files) await writeWhole(join(fresh, file.path), file);
  const fault = group && (await giveToGroup(fresh, group, true));
  const name = fresh.slice(dir.length + 1);
  const link = join(dir, '..data-next');
  await rm(link, { force: true });
  await symlink(name, link);
  await rename(link, join(dir, DATA_LINK));
  await linkEntries(dir, new Set(files.map((file) => file.path.split('/')[0] ?? '')));
  await sweep(dir, name);
  return fault;
}

async function writeWhole(path: string, { content, mode, uid }: VolumeFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(path, content);
  await chmod(path, mode);
  if (uid === undefined) return;
  // An agent that is not root gives nothing away: the file stays its own, and open to whoever the container runs as.
  await chown(path, uid, (await stat(path)).gid).catch(() => chmod(path, opened(mode)));
}

const opened = (mode: number): number => mode | 0o044;

async function shows(dir: string, files: readonly VolumeFile[], group: Group | undefined): Promise<boolean> {
  const data = join(dir, DATA_LINK);
  const there = await readdir(data, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (there?.filter((entry) => !entry.isDirectory()).length !== files.length) return false;
  for (const file of files) if (!(await isThere(join(data, file.path), file, group))) return false;
  return true;
}

async function isThere(path: string, file: VolumeFile, group: Group | undefined): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  const mode = group ? groupMode(file.mode, false, true) : file.mode;
  if (!found?.isFile() || found.size !== file.content.byteLength) return false;
  const own = found.mode & 0o7777;
  if (own !== mode && !(file.uid !== undefined && own === opened(mode))) return false;
  return (await readFile(path)).equals(file.content);
}

async function linkEntries(dir: string, wanted: ReadonlySet<string>): Promise<void> {
  for (const entry of wanted) {
    const path = join(dir, entry);
    const there = await lstat(path).catch(() => undefined);
    if (!there) await symlink(join(DATA_LINK, entry), path);
  }
  for (const entry of await readdir(dir)) {
    if (!entry.startsWith('..') && !wanted.has(entry)) await rm(join(dir, entry), { force: true });
  }
}

/** Removes the files that were in force before. */
async function sweep(dir: string, current: string): Promise<void> {
  for (const entry of await readdir(dir)) {
    if (entry.startsWith(PREFIX) && entry !== current) await rm(join(dir, entry), { recursive: true, force: true });
  }
}
