import { failure, type Inode } from '../disk/disk.ts';
import { readdirSync, readlinkSync, textOr } from './fs.ts';
import { entryOf, FILE_SYSTEM, statsOf } from './stats.ts';
import { theWorld } from './world.ts';

export { constants } from 'node:fs';

/**
 * The part of `node:fs/promises` that simulated processes use, on the disk in memory. Each call happens at once and is answered by an event of
 * its own, for the process that is at work there: one that dies in between hears nothing, and what it did stays.
 */

type Encoding = string | { readonly encoding?: string | null } | null | undefined;

function io<T>(path: string, act: () => T): Promise<T> {
  const { timeline, ownerOf } = theWorld();
  return new Promise((resolve, reject) => {
    let settle: () => void;
    try {
      const result = act();
      settle = () => resolve(result);
    } catch (error) {
      settle = () => reject(error);
    }
    timeline.after(0, 'disk', settle, ownerOf(path));
  });
}

const disk = () => theWorld().disk;
const both = (path: string | { toString(): string }): string => String(path);

export const access = (path: string) => io(path, () => void disk().find(path, 'access'));
export const readFile = (path: string, encoding?: Encoding) => io(path, () => textOr(disk().readFile(path), encoding));
export const readdir = (path: string, options?: { withFileTypes?: boolean }) =>
  io(path, () => readdirSync(path, options));
export const readlink = (path: string) => io(path, () => readlinkSync(path));
export const realpath = (path: string) => io(path, () => disk().realpath(path));
export const rename = (from: string, to: string) => io(from, () => disk().rename(from, to));
export const rm = (path: string, options: { recursive?: boolean; force?: boolean } = {}) =>
  io(path, () => disk().rm(path, options));
export const rmdir = (path: string) => io(path, () => disk().rmdir(path));
export const unlink = (path: string) => io(path, () => disk().unlink(path));
export const symlink = (target: string, path: string) => io(path, () => disk().symlink(target, path));
export const stat = (path: string) => io(path, () => statsOf(disk().find(path, 'stat')));
export const lstat = (path: string) => io(path, () => statsOf(disk().find(path, 'lstat', true)));
export const statfs = (path: string) => io(path, () => FILE_SYSTEM);

export const mkdir = (path: string, options: { recursive?: boolean; mode?: number } = {}) =>
  io(path, () => disk().mkdir(path, options.mode ?? 0o755, options.recursive ?? false));

export const writeFile = (
  path: string,
  data: string | Uint8Array,
  options: { mode?: number; flag?: string } | string = {},
) => {
  const { mode = 0o644, flag = 'w' } = typeof options === 'string' ? {} : options;
  return io(path, () => disk().writeFile(both(path), Buffer.from(data), mode, flag));
};

const change = (path: string, call: string, nofollow: boolean, act: (inode: Inode) => void) =>
  io(path, () => act(disk().find(path, call, nofollow)));

export const chmod = (path: string, mode: number) =>
  change(path, 'chmod', false, (inode) => {
    inode.mode = mode & 0o7777;
  });
const give = (call: string, nofollow: boolean) => (path: string, uid: number, gid: number) =>
  change(path, call, nofollow, (inode) => Object.assign(inode, { uid, gid }));
export const chown = give('chown', false);
export const lchown = give('lchown', true);

export const opendir = (path: string) =>
  io(path, () => {
    const entries = [...disk().directory(path, 'opendir').entries].map(([name, inode]) => entryOf(name, inode));
    return {
      async *[Symbol.asyncIterator]() {
        yield* entries;
      },
    };
  });

/** For reading, and for looking at. */
export const open = (path: string) =>
  io(path, () => {
    const inode = disk().find(path, 'open');
    return {
      fd: 0,
      stat: async () => statsOf(inode),
      chmod: async (mode: number) => {
        inode.mode = mode & 0o7777;
      },
      async read(buffer: Buffer, offset: number, length: number, position: number) {
        if (inode.kind !== 'file') throw failure('EISDIR', 'read', path);
        const bytesRead = inode.data.copy(buffer, offset, position, position + length);
        return { buffer, bytesRead };
      },
      async close() {},
    };
  });

export const mkdtemp = (prefix: string) =>
  io(prefix, () => {
    const path = `${prefix}${disk().nextName()}`;
    disk().mkdir(path, 0o700, false);
    return path;
  });
