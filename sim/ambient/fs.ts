import { readFileSync as reallyRead } from 'node:fs';
import { failure } from '../disk/disk.ts';
import { kernelText } from '../disk/kernel-files.ts';
import { entryOf, statsOf } from './stats.ts';
import { theWorld } from './world.ts';

export { constants } from 'node:fs';

/** The part of `node:fs` that simulated processes use, on the disk in memory. */

/** What belongs to the program itself is read where it is. */
const PROGRAM = new URL('../../', import.meta.url).pathname;

const programFiles = new Map<string, Buffer>();

function programFile(path: string): Buffer {
  const data = programFiles.get(path) ?? reallyRead(path);
  programFiles.set(path, data);
  return data;
}

type Encoding = string | { readonly encoding?: string | null } | null | undefined;

export const textOr = (data: Buffer, encoding: Encoding): Buffer | string => {
  const name = typeof encoding === 'object' ? encoding?.encoding : encoding;
  return name ? data.toString(name as BufferEncoding) : Buffer.from(data);
};

export function readFileSync(path: string | URL, encoding?: Encoding): Buffer | string {
  const name = path instanceof URL ? path.pathname : path;
  const kernel = encoding === 'utf8' ? kernelText(name) : undefined;
  if (kernel !== undefined) return kernel;
  if (name.startsWith(PROGRAM)) return textOr(programFile(name), encoding);
  return textOr(theWorld().disk.readFile(name), encoding);
}

export const existsSync = (path: string): boolean => theWorld().disk.exists(path);

export function accessSync(path: string): void {
  theWorld().disk.find(path, 'access');
}

export const writeFileSync = (path: string, data: string): void =>
  theWorld().disk.writeFile(path, Buffer.from(data), 0o644, 'w');

export function readlinkSync(path: string): string {
  const inode = theWorld().disk.find(path, 'readlink', true);
  if (inode.kind !== 'link') throw failure('EINVAL', 'readlink', path);
  return inode.target;
}

export const mkdirSync = (path: string, options: { recursive?: boolean; mode?: number } = {}) =>
  theWorld().disk.mkdir(path, options.mode ?? 0o755, options.recursive ?? false);

export function readdirSync(path: string, options: { withFileTypes?: boolean } = {}) {
  const entries = [...theWorld().disk.directory(path, 'scandir').entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, inode]) => (options.withFileTypes ? entryOf(name, inode) : name));
}

export const rmdirSync = (path: string): void => theWorld().disk.rmdir(path);

export const statSync = (path: string) => statsOf(theWorld().disk.find(path, 'stat'));

/** Nothing is told: whoever watches looks by itself, too. */
export const watch = (): { close(): void; on(): void } => ({ close() {}, on() {} });
