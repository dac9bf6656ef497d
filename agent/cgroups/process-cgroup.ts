import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCgroups } from '../metrics/cgroup.ts';

/** Where cgroups and processes are seen; another place in tests. */
export interface KernelPlaces {
  readonly cgroups: string;
  readonly proc: string;
}

export const KERNEL: KernelPlaces = { cgroups: '/sys/fs/cgroup', proc: '/proc' };

/** A directory of cgroup files, and in which version's terms they are. */
export interface CgroupDir {
  readonly version: 1 | 2;
  readonly dir: string;
}

/** The directory of a process in one controller; undefined when it has gone or is on another machine. */
export function cgroupOf(pid: number, controller: 'cpu' | 'pids', places = KERNEL): CgroupDir | undefined {
  try {
    const paths = parseCgroups(readFileSync(join(places.proc, String(pid), 'cgroup'), 'utf8'));
    const own = paths.get(controller);
    if (own !== undefined) return { version: 1, dir: join(places.cgroups, controller, own) };
    const unified = paths.get('');
    return unified === undefined ? undefined : { version: 2, dir: join(places.cgroups, unified) };
  } catch {
    return undefined;
  }
}

/** Processes and threads in the cgroup of a process; 0 where it cannot be seen. */
export function pidsOf(pid: number, places = KERNEL): number {
  const found = cgroupOf(pid, 'pids', places);
  try {
    return found ? Number(readFileSync(join(found.dir, 'pids.current'), 'utf8')) : 0;
  } catch {
    return 0;
  }
}
