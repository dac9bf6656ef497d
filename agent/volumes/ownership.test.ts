import { chmod, lstat, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { giveToGroup, groupMode } from './ownership.ts';

test.each<[string, number, boolean, boolean, number]>([
  ['a file', 0o600, false, false, 0o660],
  ['a program', 0o755, false, false, 0o775],
  ['a file to read', 0o400, false, true, 0o440],
  ['a directory', 0o700, true, false, 0o2770],
  ['a directory to read', 0o755, true, true, 0o2755],
])('the group gets into %s', (_, mode, directory, readOnly, expected) => {
  expect(groupMode(0o100000 | mode, directory, readOnly)).toBe(expected);
});

describe.runIf(process.getuid?.() === 0)('a directory given to a group', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stowage-test-group-'));
    await mkdir(join(dir, 'deep'));
    await writeFile(join(dir, 'deep', 'file'), '', { mode: 0o600 });
    await symlink('/etc/passwd', join(dir, 'link'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  test('is that of the group, with all in it, and what links lead to is not', async () => {
    expect(await giveToGroup(dir, { gid: 4321, onRootMismatch: false }, false)).toBeUndefined();
    for (const path of ['', 'deep', 'deep/file', 'link']) expect((await lstat(join(dir, path))).gid).toBe(4321);
    expect((await stat(dir)).mode & 0o7777).toBe(0o2770);
    expect((await stat(join(dir, 'deep', 'file'))).mode & 0o7777).toBe(0o660);
    expect((await stat('/etc/passwd')).gid).not.toBe(4321);
  });

  test('is left as it is by who may not give it, and that is said', async () => {
    await chmod(dir, 0o755);
    process.seteuid?.(65534);
    const fault = await giveToGroup(dir, { gid: 4321, onRootMismatch: false }, false).finally(() =>
      process.seteuid?.(0),
    );
    expect(fault).toContain('to the group 4321 (fsGroup): the agent does not run as root');
    expect((await stat(dir)).gid).not.toBe(4321);
  });

  test('may be left alone where its root is as it should be', async () => {
    const group = { gid: 4321, onRootMismatch: true };
    await giveToGroup(dir, group, false);
    await writeFile(join(dir, 'later'), '', { mode: 0o600 });
    await chmod(join(dir, 'later'), 0o600);
    await giveToGroup(dir, group, false);
    expect((await stat(join(dir, 'later'))).mode & 0o777).toBe(0o600);
    await giveToGroup(dir, { ...group, onRootMismatch: false }, false);
    expect((await stat(join(dir, 'later'))).mode & 0o777).toBe(0o660);
  });
});
