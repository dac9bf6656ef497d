import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { container, podOf } from '../plan/transcript.fixture.ts';
import { diskUse } from './disk-use.ts';
import { endGreedyPods, limitedVolumes } from './size-limits.ts';

const KIB = 1024;

describe('what a directory takes', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stowage-test-size-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const use = async (enough = Number.POSITIVE_INFINITY) => Math.round((await diskUse(dir, enough)) / KIB);

  test('is all below it, each file once, nothing through links', async () => {
    const empty = await use();
    await mkdir(join(dir, 'deep'));
    await writeFile(join(dir, 'deep', 'file'), Buffer.alloc(64 * KIB));
    const full = await use();
    expect(full).toBeGreaterThanOrEqual(empty + 64);
    await link(join(dir, 'deep', 'file'), join(dir, 'again'));
    await symlink('/', join(dir, 'root'));
    expect(await use()).toBeLessThan(full + 16);
  });

  test('is not counted on once it is enough, and nothing where there is nothing', async () => {
    for (const name of ['a', 'b', 'c']) await writeFile(join(dir, name), Buffer.alloc(64 * KIB));
    expect(await use(80 * KIB)).toBeLessThan(3 * 64);
    expect(await diskUse(join(dir, 'none'), 1)).toBe(0);
  });

  test('ends a pod whose volume holds too much', async () => {
    const ended: string[] = [];
    const pod = podOf({ containers: [container('app')], volumes: [{ name: 'v', emptyDir: { sizeLimit: '32Ki' } }] });
    const end = (_uid: string, { reason, message }: { reason: string; message: string }) =>
      void ended.push(`${reason}: ${message}`);
    const look = () => endGreedyPods({ pods: () => [pod], podDir: () => dir, end }, new AbortController().signal);
    await mkdir(join(dir, 'volumes', 'v'), { recursive: true });
    await look();
    expect(ended).toEqual([]);
    await writeFile(join(dir, 'volumes', 'v', 'file'), Buffer.alloc(64 * KIB));
    await look();
    expect(ended).toEqual(['Evicted: Usage of EmptyDir volume "v" exceeds the limit "32Ki".']);
  });
});

test('only volumes on disk with a limit are measured', () => {
  const volumes = [
    { name: 'free', emptyDir: {} },
    { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    { name: 'zero', emptyDir: { sizeLimit: '0' } },
    { name: 'bound', emptyDir: { sizeLimit: '1Mi' } },
    { name: 'settings', configMap: { name: 's' } },
  ];
  const pod = podOf({ containers: [container('app')], volumes });
  expect(limitedVolumes(pod, '/p')).toEqual([
    { name: 'bound', path: '/p/volumes/bound', limit: '1Mi', limitBytes: 1024 * KIB },
  ]);
});
