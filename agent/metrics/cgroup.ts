import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a container has used, as the kernel counts it. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Memory that the kernel could not take back at once (as cAdvisor counts it). */
  readonly workingSetBytes: number;
}

const CGROUP_ROOT = '/sys/fs/cgroup';
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

/**
 * Reads a container's cgroups through its first process: where `/proc/<pid>/cgroup` says they are. Undefined when the process
 * has gone, is on another machine, or its cgroups are not to be seen from here.
 */
export async function cgroupUsage(pid: number, root = CGROUP_ROOT, proc = '/proc'): Promise<Usage | undefined> {
  try {
    const paths = parseCgroups(await readFile(join(proc, String(pid), 'cgroup'), 'utf8'));
    const unified = paths.get('');
    const { cpuacct, memory } = { cpuacct: paths.get('cpuacct'), memory: paths.get('memory') };
    if (cpuacct !== undefined && memory !== undefined) return await version1(root, cpuacct, memory);
    return unified === undefined ? undefined : await version2(join(root, unified));
  } catch {
    return undefined;
  }
}

/** Path by controller (`''` for version 2) from `/proc/<pid>/cgroup` (man cgroups, "/proc/pid/cgroup"). */
export function parseCgroups(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    for (const controller of (controllers ?? '').split(',')) paths.set(controller, path);
  }
  return paths;
}

async function version1(root: string, cpuacct: string, memory: string): Promise<Usage> {
  const [cpu, usage, stat] = await Promise.all([
    readFile(join(root, 'cpuacct', cpuacct, 'cpuacct.usage'), 'utf8'),
    readFile(join(root, 'memory', memory, 'memory.usage_in_bytes'), 'utf8'),
    readFile(join(root, 'memory', memory, 'memory.stat'), 'utf8'),
  ]);
  const inactive = field(stat, 'total_inactive_file');
  return { cpuSeconds: Number(cpu) / NANOSECONDS, workingSetBytes: Math.max(0, Number(usage) - inactive) };
}

async function version2(dir: string): Promise<Usage> {
  const [cpu, usage, stat] = await Promise.all(
    ['cpu.stat', 'memory.current', 'memory.stat'].map((file) => readFile(join(dir, file), 'utf8')),
  );
  const workingSetBytes = Math.max(0, Number(usage) - field(stat ?? '', 'inactive_file'));
  return { cpuSeconds: field(cpu ?? '', 'usage_usec') / MICROSECONDS, workingSetBytes };
}

/** A number of a file of `name value` lines. */
function field(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}
