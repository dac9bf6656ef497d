import { chmod, lchown, lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** A pod's group for its volumes (Kubernetes, "Configure volume permission and ownership change policy for Pods"). */
export interface Group {
  readonly gid: number;
  /** Whether what lies in a volume that is as it should be at its root is left alone. */
  readonly onRootMismatch: boolean;
}

const SETGID = 0o2000;

/**
 * The mode that lets the group in: to read, and to write where the volume is not read-only; what is made in a directory is the
 * group's, too.
 */
export function groupMode(mode: number, directory: boolean, readOnly: boolean): number {
  const access = readOnly ? 0o440 : 0o660;
  return (mode & 0o7777) | access | (directory ? SETGID | 0o110 : 0);
}

/**
 * Gives a directory and all in it to the group. Links are given, not followed. Gives what could not be done, for people: an agent
 * that is not root may give files only to groups of its own.
 */
export async function giveToGroup(dir: string, group: Group, readOnly: boolean): Promise<string | undefined> {
  if (group.onRootMismatch && (await isAsItShouldBe(dir, group.gid, readOnly))) return undefined;
  try {
    await give(dir, group.gid, readOnly);
    return undefined;
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'EROFS' && code !== 'EACCES') throw error;
    const why = code === 'EROFS' ? 'it cannot be written to' : 'the agent does not run as root';
    return `cannot give ${path ?? dir} to the group ${group.gid} (fsGroup): ${why}`;
  }
}

async function isAsItShouldBe(dir: string, gid: number, readOnly: boolean): Promise<boolean> {
  const found = await lstat(dir);
  return found.gid === gid && groupMode(found.mode, true, readOnly) === (found.mode & 0o7777);
}

/** What is below comes first, so that a root that is as it should be tells of a walk that has ended. */
async function give(path: string, gid: number, readOnly: boolean): Promise<void> {
  const found = await lstat(path);
  const directory = found.isDirectory();
  if (directory) for await (const entry of await opendir(path)) await give(join(path, entry.name), gid, readOnly);
  if (found.gid !== gid) await lchown(path, found.uid, gid);
  if (found.isSymbolicLink()) return;
  const mode = groupMode(found.mode, directory, readOnly);
  if (found.gid !== gid || mode !== (found.mode & 0o7777)) await chmod(path, mode);
}
