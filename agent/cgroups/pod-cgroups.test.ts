import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ObservedContainer } from '../plan/state.ts';
import { container, podOf } from '../plan/transcript.fixture.ts';
import type { RuntimeInfo } from '../runtime.ts';
import { setContainerShares } from './container-shares.ts';
import { PodCgroups } from './pod-cgroups.ts';
import { podLimits } from './pod-limits.ts';
import { pidsOf } from './process-cgroup.ts';

const MIB = 1024 ** 2;
const limits = {
  cpuShares: 512,
  cpuQuotaUs: 50_000,
  memoryBytes: 64 * MIB,
  pids: 100,
  hugePages: { '2MB': 4 * MIB },
};

/** A made-up tree of the kernel's: files only, which do not come with their directories as the kernel's do. */
describe('cgroups of pods', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'stowage-test-cgroup-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const file = (...path: string[]) => {
    const at = join(root, ...path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, '');
  };
  const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
  const cgroups = (what: Partial<RuntimeInfo>) => {
    const made = new PodCgroups('c1', () => 4096, root);
    const engine = {
      cgroupDriver: 'cgroupfs',
      cgroupVersion: 1,
      security: [],
      dataRoot: '/x',
    } as unknown as RuntimeInfo;
    made.use({ ...engine, ...what });
    return made;
  };

  test('version 1: each controller has a directory of its own', () => {
    const pod = ['stowage-c1', 'podu1'];
    for (const name of ['cpu.shares', 'cpu.cfs_quota_us']) file('cpu', ...pod, name);
    file('cpu', 'stowage-c1', 'cpu.shares');
    file('memory', ...pod, 'memory.limit_in_bytes');
    file('hugetlb', ...pod, 'hugetlb.2MB.limit_in_bytes');
    const made = cgroups({ cgroupVersion: 1 });
    expect(made.parentOf('u1')).toBe('/stowage-c1/podu1');
    made.prepare('u1', limits);
    // All pods together count for the machine's four cores.
    expect(read('cpu', 'stowage-c1', 'cpu.shares')).toBe('4096');
    expect(read('cpu', ...pod, 'cpu.shares')).toBe('512');
    expect(read('cpu', ...pod, 'cpu.cfs_quota_us')).toBe('50000');
    expect(read('memory', ...pod, 'memory.limit_in_bytes')).toBe(String(64 * MIB));
    expect(read('hugetlb', ...pod, 'hugetlb.2MB.limit_in_bytes')).toBe(String(4 * MIB));
    // The machine has no such controller.
    expect(existsSync(join(root, 'pids'))).toBe(false);
    made.setShares('u1', 2);
    expect(read('cpu', ...pod, 'cpu.shares')).toBe('2');
  });

  test('version 2: one directory, to which controllers are handed down', () => {
    const pod = ['stowage-c1', 'podu1'];
    for (const name of ['cpu.weight', 'cpu.max', 'memory.max', 'pids.max', 'hugetlb.2MB.max']) file(...pod, name);
    const made = cgroups({ cgroupVersion: 2 });
    made.prepare('u1', { ...limits, memoryBytes: 0 });
    expect(read(...pod, 'cpu.weight')).toBe('20');
    expect(read(...pod, 'cpu.max')).toBe('50000 100000');
    // Not touched, as nothing limits it.
    expect(read(...pod, 'memory.max')).toBe('');
    expect(read(...pod, 'pids.max')).toBe('100');
    expect(read(...pod, 'hugetlb.2MB.max')).toBe(String(4 * MIB));
    expect(read('stowage-c1', 'cgroup.subtree_control')).toContain('+');
  });

  test.each([
    ['systemd makes them', { cgroupDriver: 'systemd' }, /leaves them to systemd: start it with/],
    ['the engine is on another machine', { dataRoot: undefined }, /another machine/],
    ['the engine has no rights', { security: ['rootless'] }, /no rights/],
  ])('there are none where %s, and it says so', (_why, engine, words) => {
    file('cpu', 'x');
    expect(cgroups({}).whyNone).toBeUndefined();
    const made = cgroups(engine);
    expect(made.parentOf('u1')).toBeUndefined();
    expect(made.whyNone).toMatch(words);
    made.prepare('u1', limits);
    expect(existsSync(join(root, 'cpu', 'stowage-c1'))).toBe(false);
  });

  test('they go with their pod, and the cell with its last', () => {
    mkdirSync(join(root, 'cpu', 'stowage-c1', 'podgone', 'container'), { recursive: true });
    const made = cgroups({});
    // An agent that starts takes away what is left of others.
    expect(existsSync(join(root, 'cpu', 'stowage-c1'))).toBe(false);
    mkdirSync(join(root, 'cpu', 'stowage-c1', 'podu1'), { recursive: true });
    mkdirSync(join(root, 'cpu', 'stowage-c1', 'podu2'), { recursive: true });
    made.remove('u1');
    expect(existsSync(join(root, 'cpu', 'stowage-c1', 'podu2'))).toBe(true);
    made.remove('u2');
    expect(existsSync(join(root, 'cpu', 'stowage-c1'))).toBe(false);
  });

  test.each([
    ['1', '4:pids:/a/b\n5:cpu:/c\n', ['pids', 'a', 'b']],
    ['2', '0::/a/b\n', ['a', 'b']],
  ])('processes are counted in version %s', (_version, text, dir) => {
    file(...dir, 'pids.current');
    writeFileSync(join(root, ...dir, 'pids.current'), '7\n');
    mkdirSync(join(root, 'proc', '42'), { recursive: true });
    writeFileSync(join(root, 'proc', '42', 'cgroup'), text);
    const places = { cgroups: root, proc: join(root, 'proc') };
    expect(pidsOf(42, places)).toBe(7);
    expect(pidsOf(43, places)).toBe(0);
  });

  test.each([
    ['1', (id: string) => `5:cpu:/docker/${id}\n`, ['cpu', 'docker', 'abc'], 'cpu.shares', '16'],
    ['2', (id: string) => `0::/docker/${id}\n`, ['docker', 'abc'], 'cpu.weight', '1'],
  ])('a container that has no pod above it is given shares itself, in version %s', (_v, text, dir, name, expected) => {
    file(...dir, name);
    file('proc', '42', 'cgroup');
    const places = { cgroups: root, proc: join(root, 'proc') };
    const one = { id: 'abc', pid: 42 } as ObservedContainer;
    // A process of the same number on another machine.
    writeFileSync(join(root, 'proc', '42', 'cgroup'), text('stranger'));
    setContainerShares(one, 16, places);
    expect(read(...dir, name)).toBe('');
    writeFileSync(join(root, 'proc', '42', 'cgroup'), text('abc'));
    setContainerShares(one, 16, places);
    expect(read(...dir, name)).toBe(expected);
  });
});

test('a pod has the shares of all its containers, and the ceilings that it has itself', () => {
  const request = (cpu: string) => container(`c${cpu}`, { resources: { requests: { cpu }, limits: { cpu: '4' } } });
  const plain = podOf({ containers: [request('250m'), request('1')] });
  expect(podLimits(plain, 0, ['hugepages-2Mi'])).toEqual({
    ...{ cpuShares: 1280, cpuQuotaUs: 0, memoryBytes: 0, pids: 0 },
    hugePages: { '2MB': 0 },
  });
  const whole = podOf({
    containers: [request('250m')],
    resources: { requests: { cpu: '2' }, limits: { cpu: '2', memory: '64Mi', 'hugepages-1Gi': '1Gi' } },
  });
  expect(podLimits(whole, 50, ['hugepages-1Gi'])).toEqual({
    ...{ cpuShares: 2048, cpuQuotaUs: 200_000, memoryBytes: 64 * MIB, pids: 50 },
    hugePages: { '1GB': 1024 * MIB },
  });
  expect(podLimits(podOf({ containers: [container('app')] }), 0, []).cpuShares).toBe(2);
});
