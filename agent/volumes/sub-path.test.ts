import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withPart } from './sub-path.ts';

describe('a part of a volume', () => {
  let place: string;
  let volume: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'stowage-test-parts-'));
    volume = join(place, 'volume');
    await mkdir(join(volume, 'a', 'b'), { recursive: true });
    await writeFile(join(volume, 'a', 'file'), 'x');
    await mkdir(join(place, 'outside'));
    await writeFile(join(place, 'outside', 'secret'), 'hidden');
    for (const [name, target] of [
      ['to-b', 'a/b'],
      ['a/back', '../a/./file'],
      ['up', '..'],
      ['a/out', '../../outside'],
      ['root', '/'],
      ['loop', 'loop'],
    ] as const)
      await symlink(target, join(volume, name));
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  const find = (subPath: string) => withPart(volume, subPath, async ({ path, directory }) => ({ path, directory }));

  test.each<[string, { path: string; directory: boolean }]>([
    ['a', { path: 'a', directory: true }],
    ['a/b', { path: 'a/b', directory: true }],
    ['./a//file', { path: 'a/file', directory: false }],
    ['to-b', { path: 'a/b', directory: true }],
    ['a/back', { path: 'a/file', directory: false }],
    ['new/deep', { path: 'new/deep', directory: true }],
    ['to-b/new', { path: 'a/b/new', directory: true }],
  ])('%s', async (subPath, expected) => {
    expect(await find(subPath)).toEqual(expected);
    expect((await stat(join(volume, expected.path))).isDirectory()).toBe(expected.directory);
  });

  test.each([
    ['up', 'leads out of the volume'],
    ['up/outside/secret', 'leads out of the volume'],
    ['../outside', 'leads out of the volume'],
    ['a/out/secret', 'leads out of the volume'],
    ['a/out/new', 'leads out of the volume'],
    ['root/etc', 'a link to /, which leads out'],
    ['loop', 'too many links'],
    ['a/file/x', 'is no directory'],
  ])('%s is refused', async (subPath, why) => {
    await expect(find(subPath)).rejects.toThrow(why);
    expect(await readdir(join(place, 'outside'))).toEqual(['secret']);
  });

  test('a directory that is made has the mode of the volume', async () => {
    await chmod(volume, 0o2775);
    await find('new/deep');
    expect((await stat(join(volume, 'new'))).mode & 0o7777).toBe(0o2775);
  });

  test('what is lent is what was found, whatever takes its name', async () => {
    const read = withPart(volume, 'a', async ({ fd }) => {
      await rm(join(volume, 'a'), { recursive: true });
      await symlink('../outside', join(volume, 'a'));
      return await readFile(`/proc/self/fd/${fd}/secret`, 'utf8');
    });
    await expect(read).rejects.toThrow('ENOENT');
  });

  test('no way of links and steps reaches what is outside', async () => {
    const step = fc.constantFrom(
      'a',
      'b',
      '..',
      '.',
      'up',
      'out',
      'root',
      'to-b',
      'back',
      'loop',
      'secret',
      'outside',
      'file',
    );
    const inode = (await stat(join(place, 'outside', 'secret'))).ino;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const found = await withPart(volume, steps.join('/'), async ({ fd, path }) => ({
          ino: (await stat(`/proc/self/fd/${fd}`)).ino,
          at: (await stat(join(volume, path))).ino,
        })).catch(() => undefined);
        expect(found?.ino).toBe(found?.at);
        expect(found?.ino).not.toBe(inode);
        expect((await readdir(place)).sort()).toEqual(['outside', 'volume']);
        expect(await readdir(join(place, 'outside'))).toEqual(['secret']);
      }),
      { numRuns: 150 },
    );
  });
});
