import { readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type CgroupFiles, type Controller, field } from './cgroup.ts';

/** All that the kernel counts of one container and metrics tell. What this kernel does not count is undefined. */
export interface CgroupDetail {
  readonly cpu: {
    readonly seconds: number;
    readonly userSeconds: number;
    readonly systemSeconds: number;
    /** Periods with a limit in force, those in which it was reached, and how long it then had to wait. */
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledSeconds: number;
  };
  readonly memory: {
    readonly usageBytes: number;
    readonly workingSetBytes: number;
    readonly rssBytes: number;
    readonly cacheBytes: number;
    readonly mappedFileBytes: number;
    readonly swapBytes: number;
    readonly peakBytes: number | undefined;
    /** How often its limit was reached. */
    readonly limitHits: number;
    readonly pageFaults: number;
    readonly majorPageFaults: number;
    readonly oomKills: number;
  };
  readonly processes: number;
  readonly threads: number | undefined;
  readonly disks: readonly DiskCounters[];
}

export interface DiskCounters {
  /** `/dev/vda`. */
  readonly device: string;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly reads: number;
  readonly writes: number;
}

/** Linux tells times to programs in hundredths of a second (man proc_stat, USER_HZ). */
const TICKS_PER_SECOND = 100;
const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;

type Read = (controller: Controller, file: string) => string;

/** Reads all of it at once: some 10 µs a file. Undefined when the cgroup has gone or is not to be seen from here. */
export function cgroupDetail(files: CgroupFiles, sys = '/sys'): CgroupDetail | undefined {
  const read: Read = (controller, file) => textOf(join(files.directory(controller), file));
  const stat = read('memory', 'memory.stat');
  if (stat === '') return undefined;
  return files.version === 1 ? detailV1(read, stat, sys) : detailV2(read, stat, sys);
}

/** Kernel documentation, "cgroup-v1": cpuacct.txt, memory.txt, blkio-controller.txt, pids.txt. */
function detailV1(read: Read, stat: string, sys: string): CgroupDetail {
  const usageBytes = Number(read('memory', 'memory.usage_in_bytes'));
  const ticks = read('cpuacct', 'cpuacct.stat');
  const cfs = read('cpu', 'cpu.stat');
  return {
    cpu: {
      seconds: Number(read('cpuacct', 'cpuacct.usage')) / NANOSECONDS,
      userSeconds: field(ticks, 'user') / TICKS_PER_SECOND,
      systemSeconds: field(ticks, 'system') / TICKS_PER_SECOND,
      periods: field(cfs, 'nr_periods'),
      throttledPeriods: field(cfs, 'nr_throttled'),
      throttledSeconds: field(cfs, 'throttled_time') / NANOSECONDS,
    },
    memory: {
      usageBytes,
      workingSetBytes: Math.max(0, usageBytes - field(stat, 'total_inactive_file')),
      rssBytes: field(stat, 'total_rss'),
      cacheBytes: field(stat, 'total_cache'),
      mappedFileBytes: field(stat, 'total_mapped_file'),
      swapBytes: field(stat, 'total_swap'),
      peakBytes: numberOf(read('memory', 'memory.max_usage_in_bytes')),
      limitHits: Number(read('memory', 'memory.failcnt')),
      pageFaults: field(stat, 'total_pgfault'),
      majorPageFaults: field(stat, 'total_pgmajfault'),
      oomKills: field(read('memory', 'memory.oom_control'), 'oom_kill'),
    },
    ...tasks(read),
    disks: disksV1(
      read('blkio', 'blkio.throttle.io_service_bytes_recursive'),
      read('blkio', 'blkio.throttle.io_serviced_recursive'),
      sys,
    ),
  };
}

/** Kernel documentation, "Control Group v2". */
function detailV2(read: Read, stat: string, sys: string): CgroupDetail {
  const usageBytes = Number(read('memory', 'memory.current'));
  const events = read('memory', 'memory.events');
  const cpu = read('cpu', 'cpu.stat');
  return {
    cpu: {
      seconds: field(cpu, 'usage_usec') / MICROSECONDS,
      userSeconds: field(cpu, 'user_usec') / MICROSECONDS,
      systemSeconds: field(cpu, 'system_usec') / MICROSECONDS,
      periods: field(cpu, 'nr_periods'),
      throttledPeriods: field(cpu, 'nr_throttled'),
      throttledSeconds: field(cpu, 'throttled_usec') / MICROSECONDS,
    },
    memory: {
      usageBytes,
      workingSetBytes: Math.max(0, usageBytes - field(stat, 'inactive_file')),
      rssBytes: field(stat, 'anon'),
      cacheBytes: field(stat, 'file'),
      mappedFileBytes: field(stat, 'file_mapped'),
      swapBytes: Number(read('memory', 'memory.swap.current')),
      peakBytes: numberOf(read('memory', 'memory.peak')),
      limitHits: field(events, 'max'),
      pageFaults: field(stat, 'pgfault'),
      majorPageFaults: field(stat, 'pgmajfault'),
      oomKills: field(events, 'oom_kill'),
    },
    ...tasks(read),
    disks: disksV2(read('blkio', 'io.stat'), sys),
  };
}

const tasks = (read: Read) => ({
  processes: read('memory', 'cgroup.procs').split('\n').filter(Boolean).length,
  threads: numberOf(read('pids', 'pids.current')),
});

/** Lines such as `8:0 Read 4096`. */
function disksV1(bytes: string, operations: string, sys: string): DiskCounters[] {
  const count = (text: string, device: string, what: string) => field(text, `${device} ${what}`);
  const devices = new Set(bytes.match(/^\d+:\d+/gm));
  return [...devices].map((device) => ({
    device: deviceName(device, sys),
    readBytes: count(bytes, device, 'Read'),
    writtenBytes: count(bytes, device, 'Write'),
    reads: count(operations, device, 'Read'),
    writes: count(operations, device, 'Write'),
  }));
}

/** Lines such as `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
function disksV2(text: string, sys: string): DiskCounters[] {
  return text.split('\n').flatMap((line) => {
    const device = /^\d+:\d+/.exec(line)?.[0];
    const count = (name: string) => Number(new RegExp(` ${name}=(\\d+)`).exec(line)?.[1] ?? 0);
    if (!device) return [];
    return {
      device: deviceName(device, sys),
      ...{ readBytes: count('rbytes'), writtenBytes: count('wbytes'), reads: count('rios'), writes: count('wios') },
    };
  });
}

/** `8:0` is a link named after the device. */
function deviceName(numbers: string, sys: string): string {
  try {
    return `/dev/${basename(readlinkSync(join(sys, 'dev', 'block', numbers)))}`;
  } catch {
    return numbers;
  }
}

const numberOf = (text: string): number | undefined => (text === '' ? undefined : Number(text));

/** Empty where there is no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
