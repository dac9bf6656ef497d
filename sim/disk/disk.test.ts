import { beforeEach, expect, test } from 'vitest';
import { Disk } from './disk.ts';

let disk: Disk;
beforeEach(() => {
  disk = new Disk();
});

const write = (path: string, text: string, flag = 'w') => disk.writeFile(path, Buffer.from(text), 0o644, flag);
const read = (path: string) => disk.readFile(path).toString();
const code = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
};

test('keeps what is written, and says in the words of the system what cannot be', () => {
  expect(code(() => write('/a/b', 'x'))).toBe('ENOENT');
  expect(disk.mkdir('/a/b', 0o755, true)).toBe('/a');
  expect(disk.mkdir('/a/b', 0o755, true)).toBeUndefined();
  expect(code(() => disk.mkdir('/a/b', 0o755, false))).toBe('EEXIST');
  write('/a/b/c', 'one');
  write('/a/b/c', ' two', 'a');
  expect(read('/a/b/c')).toBe('one two');
  expect(code(() => write('/a/b/c', '', 'wx'))).toBe('EEXIST');
  expect(code(() => read('/a/b'))).toBe('EISDIR');
  expect(code(() => read('/a/b/c/d'))).toBe('ENOTDIR');
  expect(code(() => disk.rmdir('/a/b'))).toBe('ENOTEMPTY');
  disk.rm('/a', { recursive: true });
  expect(code(() => disk.rm('/a', {}))).toBe('ENOENT');
  expect(disk.exists('/a')).toBe(false);
});

test('a rename puts a file in the place of another, whole', () => {
  write('/new', 'new');
  write('/old', 'old');
  disk.rename('/new', '/old');
  expect([read('/old'), disk.exists('/new')]).toEqual(['new', false]);
});

test('links lead on, also in the middle of a path, and can be looked at themselves', () => {
  disk.mkdir('/v1', 0o755, false);
  write('/v1/file', 'one');
  disk.symlink('v1', '/data');
  disk.symlink('data/file', '/file');
  expect(read('/file')).toBe('one');
  expect(disk.realpath('/file')).toBe('/v1/file');
  expect(disk.find('/file', 'lstat', true).kind).toBe('link');
  disk.rm('/data', {});
  expect(code(() => read('/file'))).toBe('ENOENT');
  disk.symlink('loop', '/loop');
  expect(code(() => read('/loop'))).toBe('ELOOP');
});
