import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Usage } from './cgroup.ts';

/** Linux tells times to programs in hundredths of a second, whatever its own tick is (man proc_stat, USER_HZ). */
const TICKS_PER_SECOND = 100;

/**
 * What the whole machine has used since it came up. Undefined where its memory is not `memoryBytes`: then the engine, whose word on
 * that counts, is on another machine than the agent; and where the kernel is not Linux.
 */
export function machineUsage(memoryBytes: number, proc = '/proc'): Usage | undefined {
  try {
    const memory = parseMeminfo(readFileSync(join(proc, 'meminfo'), 'utf8'));
    if (memory.totalBytes !== memoryBytes) return undefined;
    const cpuSeconds = parseBusySeconds(readFileSync(join(proc, 'stat'), 'utf8'));
    return { cpuSeconds, workingSetBytes: memory.workingSetBytes };
  } catch {
    return undefined;
  }
}

/** CPU time of all processors that went into work, from `/proc/stat`. What guests used is part of `user` and `nice` already. */
export function parseBusySeconds(text: string): number {
  const line = /^cpu +(.*)$/m.exec(text)?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = line.split(/\s+/).map(Number);
  return (user + nice + system + irq + softIrq) / TICKS_PER_SECOND;
}

/** From `/proc/meminfo`: all memory, and what is neither free nor file pages that the kernel would drop first. */
export function parseMeminfo(text: string): { totalBytes: number; workingSetBytes: number } {
  const bytes = (name: string) => 1024 * Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0);
  const totalBytes = bytes('MemTotal');
  const workingSetBytes = Math.max(0, totalBytes - bytes('MemFree') - bytes('Inactive\\(file\\)'));
  return { totalBytes, workingSetBytes };
}
