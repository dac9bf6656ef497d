import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { parseMeminfo } from '../metrics/machine-usage.ts';
import type { Signal } from './thresholds.ts';

/** How much is left, and how much there is. */
export interface Supply {
  readonly available: number;
  readonly capacity: number;
}

/** What could be read of the machine; what cannot be seen is absent. */
export type Signals = ReadonlyMap<Signal, Supply>;

export interface SignalPlaces {
  /** The agent's data: the node's file system. */
  readonly dataDir: string;
  /** Where the engine keeps images and containers; undefined where that is on another machine. */
  readonly imageDir: string | undefined;
  /** The engine, and so the pods, are on another machine: its memory is not to be seen from here. */
  readonly remote?: boolean;
  readonly proc?: string;
}

/** Reads all signals: a few small files of the kernel's own and two questions to file systems. Never rejects. */
export async function readSignals({
  dataDir,
  imageDir,
  remote = false,
  proc = '/proc',
}: SignalPlaces): Promise<Signals> {
  const found: (readonly [Signal, Supply | undefined])[] = [
    ['memory.available', remote ? undefined : memory(proc)],
    ['pid.available', remote ? undefined : processIds(proc)],
    ...(await fileSystem('nodefs', dataDir)),
    ...(imageDir === undefined ? [] : await fileSystem('imagefs', imageDir)),
  ];
  return new Map(
    found.flatMap(([signal, supply]) => (supply && supply.capacity > 0 ? [[signal, supply] as const] : [])),
  );
}

/** As the kubelet counts it: all that is neither free nor file pages that the kernel would drop first is in use. */
function memory(proc: string): Supply | undefined {
  try {
    const { totalBytes, workingSetBytes } = parseMeminfo(readFileSync(join(proc, 'meminfo'), 'utf8'));
    return { available: totalBytes - workingSetBytes, capacity: totalBytes };
  } catch {
    return undefined;
  }
}

/** Threads there are, of those there may be (man proc: loadavg, pid_max, threads-max). */
function processIds(proc: string): Supply | undefined {
  try {
    const text = (file: string) => readFileSync(join(proc, file), 'utf8');
    const threads = Number(/\/(\d+) /.exec(text('loadavg'))?.[1]);
    const capacity = Math.min(Number(text('sys/kernel/pid_max')), Number(text('sys/kernel/threads-max')));
    return Number.isNaN(threads + capacity) ? undefined : { available: capacity - threads, capacity };
  } catch {
    return undefined;
  }
}

async function fileSystem(name: 'nodefs' | 'imagefs', dir: string): Promise<[Signal, Supply][]> {
  const found = await statfs(dir).catch(() => undefined);
  if (!found) return [];
  return [
    [`${name}.available`, { available: found.bavail * found.bsize, capacity: found.blocks * found.bsize }],
    // File systems that make inodes as they go say 0.
    [`${name}.inodesFree`, { available: found.ffree, capacity: found.files }],
  ];
}
