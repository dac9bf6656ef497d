import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { container, podOf } from '../plan/transcript.fixture.ts';
import type { Sources, Volume } from '../pod-types.ts';
import type { VolumeContext } from './context.ts';
import { diskVolumes } from './disk-volumes.ts';

const volumes = diskVolumes();

describe('volumes on disk', () => {
  let podDir: string;
  let settings: Record<string, string>;
  const sources: Sources = {
    configMap: (name) => (name === 'settings' ? { data: settings, binaryData: { raw: 'AAE=' } } : undefined),
    secret: (name) => (name === 'keys' ? { data: { token: Buffer.from('x').toString('base64') } } : undefined),
  };
  beforeEach(async () => {
    podDir = await mkdtemp(join(tmpdir(), 'stowage-test-volumes-'));
    settings = { colour: 'red', size: '3' };
  });
  afterEach(() => rm(podDir, { recursive: true, force: true }));

  const context = (...list: Volume[]): VolumeContext => ({
    pod: podOf({ volumes: list, containers: [container('app', { resources: { limits: { memory: '1Mi' } } })] }),
    podDir,
    owner: { cellId: 'c', nodeName: 'n' },
    nodeName: 'n',
    hostIp: '192.0.2.1',
    podIp: undefined,
    allocatable: { cpuMilli: 1, memoryBytes: 1 },
  });
  const prepare = (...list: Volume[]) => volumes.prepareVolumes(context(...list), sources);
  const path = (name: string, file = '') => join(podDir, 'volumes', name, file);
  const read = (name: string, file: string) => readFile(path(name, file), 'utf8');
  const visible = async (name: string) => (await readdir(path(name))).filter((entry) => !entry.startsWith('..')).sort();

  test('an empty directory is empty and open to all, and stays what it is', async () => {
    await prepare({ name: 'v', emptyDir: {} });
    expect((await stat(path('v'))).mode & 0o777).toBe(0o777);
    await writeFile(path('v', 'kept'), 'x');
    await prepare({ name: 'v', emptyDir: {} });
    expect(await read('v', 'kept')).toBe('x');
  });

  test('a config map becomes files, all of them or those that are listed', async () => {
    await prepare({ name: 'all', configMap: { name: 'settings' } });
    expect(await visible('all')).toEqual(['colour', 'raw', 'size']);
    expect(await read('all', 'colour')).toBe('red');
    expect(await readFile(path('all', 'raw'))).toEqual(Buffer.from([0, 1]));
    const items = [{ key: 'size', path: 'deep/down', mode: 0o600 }];
    await prepare({ name: 'some', configMap: { name: 'settings', items } });
    expect(await visible('some')).toEqual(['deep']);
    expect((await stat(path('some', 'deep/down'))).mode & 0o777).toBe(0o600);
  });

  test('a change appears whole: one link leads to all new files', async () => {
    const volume = { name: 'v', configMap: { name: 'settings' } };
    await prepare(volume);
    const before = await realpath(path('v', '..data'));
    settings = { colour: 'blue' };
    await prepare(volume);
    expect(await realpath(path('v', '..data'))).not.toBe(before);
    expect(await visible('v')).toEqual(['colour', 'raw']);
    expect(await read('v', 'colour')).toBe('blue');
    expect((await readdir(path('v'))).filter((entry) => entry.startsWith('..files-'))).toHaveLength(1);
  });

  test('what has not changed is left alone, and a mode is a change', async () => {
    const volume = (mode: number) => ({ name: 'v', configMap: { name: 'settings', defaultMode: mode } });
    const data = () => realpath(path('v', '..data'));
    await prepare(volume(0o644));
    const before = await data();
    await prepare(volume(0o644));
    expect(await data()).toBe(before);
    await prepare(volume(0o600));
    expect(await data()).not.toBe(before);
    settings = { colour: 'red' };
    await prepare(volume(0o600));
    expect(await visible('v')).toEqual(['colour', 'raw']);
  });

  test('several sources in one directory', async () => {
    const fields = [
      { path: 'name', fieldRef: { fieldPath: 'metadata.name' } },
      { path: 'memory', resourceFieldRef: { containerName: 'app', resource: 'limits.memory', divisor: '1Ki' } },
    ];
    const projected = {
      defaultMode: 0o400,
      sources: [{ configMap: { name: 'settings' } }, { secret: { name: 'keys' } }, { downwardAPI: { items: fields } }],
    };
    await prepare({ name: 'v', projected });
    expect(await visible('v')).toEqual(['colour', 'memory', 'name', 'raw', 'size', 'token']);
    expect([await read('v', 'name'), await read('v', 'memory'), await read('v', 'token')]).toEqual([
      'web',
      '1024',
      'x',
    ]);
    expect((await stat(path('v', 'token'))).mode & 0o777).toBe(0o400);
  });

  test('what is missing is said, unless it is optional', async () => {
    await expect(prepare({ name: 'v', secret: { secretName: 'nope' } })).rejects.toThrow('secret "nope" not found');
    await prepare({ name: 'w', secret: { secretName: 'nope', optional: true } });
    expect(await visible('w')).toEqual([]);
    const items = [{ key: 'weight', path: 'w' }];
    await expect(prepare({ name: 'x', configMap: { name: 'settings', items } })).rejects.toThrow('key "weight"');
  });

  test('no file leaves its volume', async () => {
    const items = [{ key: 'size', path: '../../outside' }];
    await expect(prepare({ name: 'v', configMap: { name: 'settings', items } })).rejects.toThrow('leaves its volume');
  });

  test('a host path is what it must be', async () => {
    const file = join(podDir, 'file');
    await writeFile(file, '');
    await prepare({ name: 'v', hostPath: { path: file, type: 'File' } });
    const wrong = prepare({ name: 'v', hostPath: { path: file, type: 'Directory' } });
    await expect(wrong).rejects.toThrow(`wants a Directory at ${file}, but a File is there`);
    const none = prepare({ name: 'v', hostPath: { path: join(podDir, 'none'), type: 'Socket' } });
    await expect(none).rejects.toThrow('nothing is there');
    await prepare({ name: 'v', hostPath: { path: join(podDir, 'new', 'dir'), type: 'DirectoryOrCreate' } });
    expect((await stat(join(podDir, 'new', 'dir'))).isDirectory()).toBe(true);
  });

  test('removing takes the directory and follows no link out of it', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'stowage-test-outside-'));
    await writeFile(join(outside, 'precious'), 'x');
    await mkdir(path('v'), { recursive: true });
    await symlink(outside, path('v', 'link'));
    await volumes.removeVolumes(context({ name: 'v', emptyDir: {} }), { volumes: async () => [] } as never);
    await expect(stat(podDir)).rejects.toThrow('ENOENT');
    expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('x');
    await rm(outside, { recursive: true });
  });
});
