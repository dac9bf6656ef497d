import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a container has used, as the kernel counts it. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Memory that the kernel could not take back at once (as cAdvisor counts it). */
  readonly workingSetBytes: number;
}

/** Files in which the kernel counts what one container uses. They stay the same for as long as it runs. */
export interface CgroupFiles {
  readonly version: 1 | 2;
  /** Below the controllers' own directories. */
  readonly path: string;
  readonly cpu: string;
  readonly memory: string;
  readonly memoryStat: string;
  /** Of version 1, a directory for each of its controllers; of version 2 they are all one. */
  readonly directory: (controller: Controller) => string;
}

export type Controller = 'cpu' | 'cpuacct' | 'memory' | 'pids' | 'blkio';

const CGROUP_ROOT = '/sys/fs/cgroup';
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

/**
 * Where the kernel counts for the container of this process: `/proc/<pid>/cgroup` says it. Undefined when the process has gone or is
 * on another machine.
 */
export async function cgroupFiles(pid: number, root = CGROUP_ROOT, proc = '/proc'): Promise<CgroupFiles | undefined> {
  const text = await readFile(join(proc, String(pid), 'cgroup'), 'utf8').catch(() => '');
  const paths = parseCgroups(text);
  const unified = paths.get('');
  const { cpuacct, memory } = { cpuacct: paths.get('cpuacct'), memory: paths.get('memory') };
  if (cpuacct !== undefined && memory !== undefined) {
    const dir = join(root, 'memory', memory);
    return {
      version: 1,
      path: memory,
      cpu: join(root, 'cpuacct', cpuacct, 'cpuacct.usage'),
      memory: join(dir, 'memory.usage_in_bytes'),
      memoryStat: join(dir, 'memory.stat'),
      directory: (controller) => join(root, controller, paths.get(controller) ?? memory),
    };
  }
  if (unified === undefined) return undefined;
  const dir = join(root, unified);
  const [cpu, current, memoryStat] = [join(dir, 'cpu.stat'), join(dir, 'memory.current'), join(dir, 'memory.stat')];
  return { version: 2, path: unified, cpu, memory: current, memoryStat, directory: () => dir };
}

/**
 * Reads at once: the kernel answers from memory in some 10 µs a file, where a read that is waited for costs several times that.
 * Undefined when the cgroup has gone or is not to be seen from here.
 */
export function readCgroup({ version, cpu, memory, memoryStat }: CgroupFiles): Usage | undefined {
  try {
    return usageIn(
      version,
      [cpu, memory, memoryStat].map((file) => readFileSync(file, 'utf8')),
    );
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

/** Of the contents of the three files. */
function usageIn(version: 1 | 2, [cpu = '', memory = '', stat = '']: readonly string[]): Usage {
  const [cpuSeconds, inactive] =
    version === 1
      ? [Number(cpu) / NANOSECONDS, field(stat, 'total_inactive_file')]
      : [field(cpu, 'usage_usec') / MICROSECONDS, field(stat, 'inactive_file')];
  return { cpuSeconds, workingSetBytes: Math.max(0, Number(memory) - inactive) };
}

/** A number of a file of `name value` lines; 0 where it has none of that name. */
export function field(text: string, name: string): number {
  const at = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1;
  return at === 0 && !text.startsWith(`${name} `) ? 0 : Number.parseInt(text.slice(at + name.length + 1), 10);
}
