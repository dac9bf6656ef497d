import { statfs } from 'node:fs/promises';

/** A file system's room, as those who are not root have it. */
export interface Disk {
  readonly capacityBytes: number;
  readonly availableBytes: number;
}

/** The file system that holds `path`; undefined for none. Rejects when it cannot be read. */
export async function diskOf(path: string | undefined): Promise<Disk | undefined> {
  if (path === undefined) return undefined;
  const { blocks, bavail, bsize } = await statfs(path);
  return { capacityBytes: blocks * bsize, availableBytes: bavail * bsize };
}
