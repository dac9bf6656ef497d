import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** What one measurement may look at. A directory with more in it counts for what was seen. */
const MOST_ENTRIES = 100_000;

/**
 * Bytes that a directory takes on its disk, as `du` counts them: blocks, each file once however many names it has, nothing through
 * links. Ends early once there is more than `enough`. What goes away meanwhile counts nothing.
 */
export async function diskUse(path: string, enough: number): Promise<number> {
  const seen = new Set<number>();
  const ahead = [path];
  let bytes = 0;
  let entries = 0;
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const found = await lstat(next).catch(() => undefined);
    if (!found || (found.nlink > 1 && !found.isDirectory() && seen.has(found.ino))) continue;
    if (found.nlink > 1) seen.add(found.ino);
    bytes += found.blocks * 512;
    entries += 1;
    if (bytes > enough || entries > MOST_ENTRIES) return bytes;
    if (!found.isDirectory()) continue;
    const directory = await opendir(next).catch(() => []);
    for await (const { name } of directory) ahead.push(join(next, name));
  }
  return bytes;
}
