import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Kernel ticks per second in /proc; 100 on every Linux that runs Node. */
const TICKS_PER_SECOND = 100;

async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The command name may hold spaces; fields are counted from its closing bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1000;
}

/** Percent of one core that the process used over `overMs`. */
export async function cpuPercent(pid: number, overMs: number): Promise<number> {
  const [cpuBefore, wallBefore] = [await cpuSeconds(pid), performance.now()];
  await delay(overMs);
  return (((await cpuSeconds(pid)) - cpuBefore) / ((performance.now() - wallBefore) / 1000)) * 100;
}
