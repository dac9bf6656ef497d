import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cgroupFiles, parseCgroups, readCgroup } from './cgroup.ts';
import { parseNetDev } from './network.ts';

describe('reading cgroups', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stowage-test-cgroup-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const file = async (path: string, text: string) => {
    await mkdir(join(dir, path, '..'), { recursive: true });
    await writeFile(join(dir, path), text);
  };

  const cgroupUsage = async (pid: number, root: string, proc: string) => {
    const files = await cgroupFiles(pid, root, proc);
    return files && readCgroup(files);
  };

  test('version 1, with a hierarchy per controller', async () => {
    await file('proc/7/cgroup', '5:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n0::/docker/x\n');
    await file('cpuacct/docker/x/cpuacct.usage', '2500000000\n');
    await file('memory/docker/x/memory.usage_in_bytes', '1000\n');
    await file('memory/docker/x/memory.stat', 'cache 5\ninactive_file 1\ntotal_inactive_file 300\n');
    expect(await cgroupUsage(7, dir, join(dir, 'proc'))).toEqual({ cpuSeconds: 2.5, workingSetBytes: 700 });
  });

  test('version 2, with one hierarchy', async () => {
    await file('proc/7/cgroup', '0::/system.slice/docker-x.scope\n');
    await file('system.slice/docker-x.scope/cpu.stat', 'usage_usec 1500000\nuser_usec 1\n');
    await file('system.slice/docker-x.scope/memory.current', '1000\n');
    await file('system.slice/docker-x.scope/memory.stat', 'anon 1\ninactive_file 1200\n');
    expect(await cgroupUsage(7, dir, join(dir, 'proc'))).toEqual({ cpuSeconds: 1.5, workingSetBytes: 0 });
  });

  test('a process that has gone has no use', async () => {
    expect(await cgroupUsage(7, dir, join(dir, 'proc'))).toBeUndefined();
  });

  test('paths may hold colons', () => {
    expect(parseCgroups('0::/a:b\n').get('')).toBe('/a:b');
  });
});

test('counters of interfaces, without the loopback', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:    1234      12    0    0    0     0          0         0     5678      34    0    0    0     0       0          0
`;
  expect(parseNetDev(text)).toEqual([
    {
      name: 'eth0',
      received: { bytes: 1234, packets: 12, errors: 0, dropped: 0 },
      transmitted: { bytes: 5678, packets: 34, errors: 0, dropped: 0 },
    },
  ]);
});
