import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holderOf, takeLock } from './lock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stowage-test-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a role is taken once, and free again after release', () => {
  const lock = takeLock(dir, 'master');
  expect(holderOf(dir, 'master')).toBe(process.pid);
  expect(() => takeLock(dir, 'master')).toThrow(/in use by another master \(process \d+\)/);
  lock.release();
  expect(holderOf(dir, 'master')).toBeUndefined();
  takeLock(dir, 'master').release();
});

test('master and agent do not stand in each other’s way', () => {
  const master = takeLock(dir, 'master');
  const agent = takeLock(dir, 'agent');
  master.release();
  expect(holderOf(dir, 'agent')).toBe(process.pid);
  agent.release();
});

test('what a killed process left does not count, even when its id is in use again', () => {
  // This process's id with another start time: an earlier process that had the same id.
  writeFileSync(join(dir, 'agent.pid'), `${process.pid} 1\n`);
  expect(holderOf(dir, 'agent')).toBeUndefined();
  takeLock(dir, 'agent');
  expect(readFileSync(join(dir, 'agent.pid'), 'utf8')).not.toBe(`${process.pid} 1\n`);
});

test('makes the directory, closed to others', () => {
  const inner = join(dir, 'a', 'b');
  takeLock(inner, 'master').release();
  expect(holderOf(inner, 'master')).toBeUndefined();
});

test('a place where nothing can be made is refused at once', () => {
  expect(() => takeLock('/proc/stowage-test', 'master')).toThrow(/cannot be made: .*--data-dir/);
  writeFileSync(join(dir, 'file'), '');
  expect(() => takeLock(join(dir, 'file', 'x'), 'master')).toThrow(/ENOTDIR/);
  expect(() => takeLock(join(dir, 'file'), 'master')).toThrow(/is not a directory/);
});
