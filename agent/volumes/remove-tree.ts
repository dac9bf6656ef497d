import { readdir, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Paths of this machine at which something is mounted; none where it does not tell. */
export async function mountPoints(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const path = line.split(' ')[4];
    // Blanks are written as octal numbers.
    return path ? [path.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))] : [];
  });
}

/** Where something is mounted below a directory. */
export async function mountsBelow(dir: string): Promise<string[]> {
  const path = await realpath(dir).catch(() => dir);
  return (await mountPoints()).filter((mount) => mount.startsWith(`${path}/`));
}

/**
 * Removes a directory and all in it but what is mounted there, which is somebody else's, and gives the paths of the mounts that it
 * has left alone. Links are removed, not followed. Absent is fine.
 */
export async function removeTree(dir: string): Promise<string[]> {
  const path = await realpath(dir).catch(() => undefined);
  return path === undefined ? [] : await removeBelow(path, await mountPoints());
}

async function removeBelow(path: string, mounts: readonly string[]): Promise<string[]> {
  if (mounts.includes(path)) return [path];
  const inside = mounts.filter((mount) => mount.startsWith(`${path}/`));
  if (inside.length === 0) {
    await rm(path, { recursive: true, force: true });
    return [];
  }
  const left: string[] = [];
  for (const entry of await readdir(path)) left.push(...(await removeBelow(join(path, entry), inside)));
  return left;
}
