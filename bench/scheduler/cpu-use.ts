import { readFile } from 'node:fs/promises';

/** Kernel ticks per second in /proc; 100 on every Linux that runs Node. */
const MS_PER_TICK = 10;

/** Milliseconds of CPU that each of several processes has used, by name. */
export type CpuUse = Readonly<Record<string, number>>;

export const ofProcess = (pid: number): string => `/proc/${pid}/stat`;
/** Where a Node process runs all JavaScript; what else it uses is the collector's and the compiler's helpers. */
export const ofMainThread = (pid: number): string => `/proc/${pid}/task/${pid}/stat`;

export async function cpuUse(files: Readonly<Record<string, string>>): Promise<CpuUse> {
  const used = Object.entries(files).map(async ([name, file]) => {
    const stat = await readFile(file, 'utf8');
    // The command name may hold spaces; fields are counted from its closing bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [name, (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK] as const;
  });
  return Object.fromEntries(await Promise.all(used));
}

/** Microseconds for each of `count` things done between the two. */
export const usEach = (before: CpuUse, after: CpuUse, count: number): CpuUse =>
  Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, (1000 * (ms - (before[name] ?? 0))) / count]));

/** `master 312 us, etcd 140 us` */
export const inWords = (us: CpuUse): string =>
  Object.entries(us)
    .map(([name, each]) => `${name} ${Math.round(each)} us`)
    .join(', ');
