import { posix } from 'node:path';
import { kernelPath } from './kernel-files.ts';

/** What lies under a path. */
export type Inode =
  | { readonly kind: 'file'; data: Buffer; mode: number; uid: number; gid: number; mtimeMs: number }
  | {
      readonly kind: 'directory';
      readonly entries: Map<string, Inode>;
      mode: number;
      uid: number;
      gid: number;
      mtimeMs: number;
    }
  | { readonly kind: 'link'; readonly target: string; mode: number; uid: number; gid: number; mtimeMs: number };

export type Directory = Extract<Inode, { kind: 'directory' }>;
export type File = Extract<Inode, { kind: 'file' }>;

const MOST_LINKS = 40;

/**
 * Files of all machines of a simulation, each below a directory of its own, in memory: what is written survives the processes that wrote it,
 * and goes with the machine. Every call happens at once and whole. Throws as `node:fs` does.
 *
 * Owns the tree.
 */
export class Disk {
  readonly root: Directory = newDirectory(0o755);
  #names = 0;

  /** For what is made under a name that nobody has used. */
  nextName(): string {
    this.#names += 1;
    return this.#names.toString(36).padStart(6, '0');
  }

  /** Follows links, the last one too unless `nofollow`. */
  find(path: string, call: string, nofollow = false): Inode {
    const found = this.#walk(path, call, nofollow);
    if (!found.inode) throw failure('ENOENT', call, path);
    return found.inode;
  }

  exists(path: string): boolean {
    try {
      this.find(path, 'access');
      return true;
    } catch {
      return false;
    }
  }

  directory(path: string, call: string): Directory {
    const inode = this.find(path, call);
    if (inode.kind !== 'directory') throw failure('ENOTDIR', call, path);
    return inode;
  }

  /** The path without links. */
  realpath(path: string): string {
    const found = this.#walk(path, 'realpath', false);
    if (!found.inode) throw failure('ENOENT', 'realpath', path);
    return found.path;
  }

  readFile(path: string): Buffer {
    const inode = this.find(path, 'open');
    if (inode.kind === 'directory') throw failure('EISDIR', 'read', path);
    return (inode as File).data;
  }

  writeFile(path: string, data: Buffer, mode: number, flag: string): void {
    const { inode, parent, name } = this.#walk(path, 'open', false);
    if (inode?.kind === 'directory') throw failure('EISDIR', 'open', path);
    if (inode && flag.includes('x')) throw failure('EEXIST', 'open', path);
    if (inode) {
      const file = inode as File;
      file.data = flag.startsWith('a') ? Buffer.concat([file.data, data]) : data;
      return;
    }
    if (!parent) throw failure('ENOENT', 'open', path);
    parent.entries.set(name, { kind: 'file', data, mode, uid: 0, gid: 0, mtimeMs: 0 });
  }

  mkdir(path: string, mode: number, recursive: boolean): string | undefined {
    const { inode, parent, name } = this.#walk(path, 'mkdir', false);
    if (inode) {
      if (recursive && inode.kind === 'directory') return undefined;
      throw failure('EEXIST', 'mkdir', path);
    }
    if (!parent) {
      if (!recursive) throw failure('ENOENT', 'mkdir', path);
      const first = this.mkdir(posix.dirname(path), mode, true);
      this.mkdir(path, mode, false);
      return first ?? path;
    }
    parent.entries.set(name, newDirectory(mode));
    return path;
  }

  symlink(target: string, path: string): void {
    const { inode, parent, name } = this.#walk(path, 'symlink', true);
    if (inode) throw failure('EEXIST', 'symlink', path);
    if (!parent) throw failure('ENOENT', 'symlink', path);
    parent.entries.set(name, { kind: 'link', target, mode: 0o777, uid: 0, gid: 0, mtimeMs: 0 });
  }

  rename(from: string, to: string): void {
    const source = this.#walk(from, 'rename', true);
    const target = this.#walk(to, 'rename', true);
    if (!source.inode || !source.parent || !target.parent) throw failure('ENOENT', 'rename', from);
    const there = target.inode;
    if (there?.kind === 'directory') {
      if (source.inode.kind !== 'directory') throw failure('EISDIR', 'rename', to);
      if (there.entries.size > 0) throw failure('ENOTEMPTY', 'rename', to);
    } else if (there && source.inode.kind === 'directory') throw failure('ENOTDIR', 'rename', to);
    source.parent.entries.delete(source.name);
    target.parent.entries.set(target.name, source.inode);
  }

  unlink(path: string): void {
    const { inode, parent, name } = this.#walk(path, 'unlink', true);
    if (!inode || !parent) throw failure('ENOENT', 'unlink', path);
    if (inode.kind === 'directory') throw failure('EISDIR', 'unlink', path);
    parent.entries.delete(name);
  }

  rm(path: string, options: { recursive?: boolean; force?: boolean }): void {
    const { inode, parent, name } = this.#walk(path, 'rm', true);
    if (!inode || !parent) {
      if (options.force) return;
      throw failure('ENOENT', 'rm', path);
    }
    if (inode.kind === 'directory' && !options.recursive) throw failure('ERR_FS_EISDIR', 'rm', path);
    parent.entries.delete(name);
  }

  rmdir(path: string): void {
    const { inode, parent, name } = this.#walk(path, 'rmdir', true);
    if (!inode || !parent) throw failure('ENOENT', 'rmdir', path);
    if (inode.kind !== 'directory') throw failure('ENOTDIR', 'rmdir', path);
    if (inode.entries.size > 0) throw failure('ENOTEMPTY', 'rmdir', path);
    parent.entries.delete(name);
  }

  /** Where a path leads. `parent` is there as soon as only the last name is missing. */
  #walk(path: string, call: string, nofollow: boolean): Place {
    let links = 0;
    const names = kernelPath(posix.resolve('/', path)).split('/').filter(Boolean);
    let at: Directory = this.root;
    let done: string[] = [];
    let dirs: Directory[] = [];
    while (names.length > 0) {
      const name = names.shift()!;
      if (name === '..') {
        done.pop();
        at = dirs.pop() ?? this.root;
        continue;
      }
      const inode = at.entries.get(name);
      const isLast = names.length === 0;
      if (inode?.kind === 'link' && !(isLast && nofollow)) {
        links += 1;
        if (links > MOST_LINKS) throw failure('ELOOP', call, path);
        const target = inode.target.split('/').filter((part) => part !== '' && part !== '.');
        if (inode.target.startsWith('/')) {
          done = [];
          dirs = [];
          at = this.root;
        }
        names.unshift(...target);
        continue;
      }
      if (isLast) return { inode, parent: at, name, path: `/${[...done, name].join('/')}` };
      if (!inode) return { inode: undefined, parent: undefined, name, path };
      if (inode.kind !== 'directory') throw failure('ENOTDIR', call, path);
      dirs.push(at);
      done.push(name);
      at = inode;
    }
    return { inode: at, parent: dirs.at(-1), name: done.at(-1) ?? '', path: `/${done.join('/')}` };
  }
}

interface Place {
  readonly inode: Inode | undefined;
  readonly parent: Directory | undefined;
  readonly name: string;
  readonly path: string;
}

function newDirectory(mode: number): Directory {
  return { kind: 'directory', entries: new Map(), mode, uid: 0, gid: 0, mtimeMs: 0 };
}

/** As the operating system's errors come out of `node:fs`. */
export function failure(code: string, call: string, path: string): NodeJS.ErrnoException {
  // Many files are looked for and not there: nobody reads where from.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path });
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}
