import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkHostPath } from './host-path.ts';

describe('a path of the machine', () => {
  let place: string;
  const server = createServer();
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'stowage-test-host-'));
    await writeFile(join(place, 'file'), '');
    await mkdir(join(place, 'dir'));
    await symlink('dir', join(place, 'link'));
    await new Promise<void>((resolve) => server.listen(join(place, 'socket'), resolve));
  });
  afterAll(async () => {
    server.close();
    await rm(place, { recursive: true, force: true });
  });
  const at = (name: string) => (name.startsWith('/') ? name : join(place, name));

  test.each([
    ['', 'none'],
    ['File', 'file'],
    ['Directory', 'dir'],
    ['Directory', 'link'],
    ['DirectoryOrCreate', 'dir'],
    ['FileOrCreate', 'file'],
    ['Socket', 'socket'],
    ['CharDevice', '/dev/null'],
  ])('%s: %s will do', async (type, name) => {
    await checkHostPath('v', at(name), type);
  });

  test.each([
    ['File', 'dir', 'wants a File at PATH, but a Directory is there'],
    ['Directory', 'file', 'wants a Directory at PATH, but a File is there'],
    ['Directory', 'none', 'wants a Directory at PATH, but nothing is there'],
    ['DirectoryOrCreate', 'file', 'but a File is there'],
    ['FileOrCreate', 'dir', 'but a Directory is there'],
    ['FileOrCreate', 'none/file', 'a File cannot be made at PATH'],
    ['DirectoryOrCreate', 'file/dir', 'a Directory cannot be made at PATH'],
    ['Socket', 'file', 'wants a Socket at PATH, but a File is there'],
    ['CharDevice', 'socket', 'wants a CharDevice at PATH, but a Socket is there'],
    ['BlockDevice', '/dev/null', 'wants a BlockDevice at PATH, but a CharDevice is there'],
  ])('%s: %s will not', async (type, name, message) => {
    const refusal = checkHostPath('v', at(name), type);
    await expect(refusal).rejects.toThrow(`hostPath volume "v"`);
    await expect(refusal).rejects.toThrow(message.replace('PATH', at(name)));
  });

  const device = async () => {
    for (const name of await readdir('/dev'))
      if (
        await stat(join('/dev', name)).then(
          (found) => found.isBlockDevice(),
          () => false,
        )
      )
        return join('/dev', name);
    return undefined;
  };
  test('a disk, where the machine has one', async () => {
    const path = await device();
    if (path) await checkHostPath('v', path, 'BlockDevice');
  });

  test('what is made has its mode whatever the umask: for its owner to write, or for everybody', async () => {
    const before = process.umask(0o077);
    await checkHostPath('v', at('made/deep'), 'DirectoryOrCreate');
    await checkHostPath('v', at('open'), 'DirectoryOrCreate', true);
    process.umask(before);
    expect((await stat(at('made/deep'))).mode & 0o777).toBe(0o755);
    expect((await stat(at('open'))).mode & 0o777).toBe(0o777);
  });
});
