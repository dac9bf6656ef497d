import type { Inode } from '../disk/disk.ts';

const TYPES = { file: 0o100000, directory: 0o040000, link: 0o120000 } as const;
const BLOCK_BYTES = 4096;

/** As much of `fs.Stats` as agents ask for. */
export function statsOf(inode: Inode) {
  const size = inode.kind === 'file' ? inode.data.length : 0;
  const { mode, uid, gid, mtimeMs } = inode;
  return {
    ...{ size, uid, gid, mtimeMs, nlink: 1, dev: 1, ino: 0, blksize: BLOCK_BYTES },
    mode: TYPES[inode.kind] | mode,
    blocks: Math.ceil(size / 512),
    mtime: new Date(mtimeMs),
    ...kindOf(inode),
  };
}

/** As much of `fs.Dirent`. */
export const entryOf = (name: string, inode: Inode) => ({ name, ...kindOf(inode) });

const kindOf = ({ kind }: Inode) => ({
  isFile: () => kind === 'file',
  isDirectory: () => kind === 'directory',
  isSymbolicLink: () => kind === 'link',
  isSocket: () => false,
  isFIFO: () => false,
  isBlockDevice: () => false,
  isCharacterDevice: () => false,
});

/** Every disk is large and half empty. */
export const FILE_SYSTEM = {
  ...{ type: 0, bsize: BLOCK_BYTES, blocks: 25_000_000, bfree: 15_000_000, bavail: 15_000_000 },
  ...{ files: 6_000_000, ffree: 5_000_000 },
};
