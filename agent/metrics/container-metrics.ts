import type { CgroupDetail } from './cgroup-detail.ts';
import type { ContainerSample } from './container-samples.ts';
import type { Family } from './exposition.ts';
import type { DirectionCounters } from './network.ts';

/** Over which `ContainerLimits.cpuQuotaUs` counts. */
const CPU_PERIOD_US = 100_000;

/** What one container contributes to a metric: a value, or several told apart by a label more. */
type Values =
  | number
  | undefined
  | readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];

export interface Metric {
  readonly name: string;
  readonly type: Family['type'];
  readonly help: string;
  readonly of: (sample: ContainerSample) => Values;
}

const metric = (name: string, type: Family['type'], help: string, of: Metric['of']): Metric => ({
  name,
  type,
  help,
  of,
});

const cpu =
  (of: (cpu: CgroupDetail['cpu']) => number) =>
  ({ detail }: ContainerSample) =>
    detail && of(detail.cpu);
/** Only where a limit is in force, as otherwise there is nothing to hold back. */
const limitedCpu =
  (of: (cpu: CgroupDetail['cpu']) => number) =>
  ({ detail, container }: ContainerSample) =>
    detail && container.limits && container.limits.cpuQuotaUs > 0 ? of(detail.cpu) : undefined;
const memory =
  (of: (memory: CgroupDetail['memory']) => number | undefined) =>
  ({ detail }: ContainerSample) =>
    detail && of(detail.memory);
const disks =
  (of: (disk: CgroupDetail['disks'][number]) => number) =>
  ({ detail }: ContainerSample) =>
    detail?.disks.map((disk) => ({ labels: { device: disk.device }, value: of(disk) }));
const faults = ({ pageFaults, majorPageFaults }: CgroupDetail['memory']) => [
  { labels: { failure_type: 'pgfault', scope: 'container' }, value: pageFaults },
  { labels: { failure_type: 'pgmajfault', scope: 'container' }, value: majorPageFaults },
];

export const CPU_USAGE = metric(
  'container_cpu_usage_seconds_total',
  'counter',
  'CPU time used, in seconds.',
  ({ detail, stats }) => detail?.cpu.seconds ?? stats?.cpuSeconds,
);
export const WORKING_SET = metric(
  'container_memory_working_set_bytes',
  'gauge',
  'Memory in use that cannot be taken back.',
  ({ detail, stats }) => detail?.memory.workingSetBytes ?? stats?.memoryWorkingSetBytes,
);
export const STARTED = metric(
  'container_start_time_seconds',
  'gauge',
  'Start of the container, Unix time.',
  ({ container }) => (container.startedAtMs === undefined ? undefined : container.startedAtMs / 1000),
);

/** Of each container that runs. */
export const OF_CONTAINERS: readonly Metric[] = [
  CPU_USAGE,
  metric(
    'container_cpu_user_seconds_total',
    'counter',
    'CPU time used outside the kernel.',
    cpu((it) => it.userSeconds),
  ),
  metric(
    'container_cpu_system_seconds_total',
    'counter',
    'CPU time used in the kernel.',
    cpu((it) => it.systemSeconds),
  ),
  metric(
    'container_cpu_cfs_periods_total',
    'counter',
    'Periods with a CPU limit in force.',
    limitedCpu((it) => it.periods),
  ),
  metric(
    'container_cpu_cfs_throttled_periods_total',
    'counter',
    'Periods in which the CPU limit was reached.',
    limitedCpu((it) => it.throttledPeriods),
  ),
  metric(
    'container_cpu_cfs_throttled_seconds_total',
    'counter',
    'Time spent waiting at the CPU limit.',
    limitedCpu((it) => it.throttledSeconds),
  ),
  WORKING_SET,
  metric(
    'container_memory_usage_bytes',
    'gauge',
    'Memory in use, file pages included.',
    memory((it) => it.usageBytes),
  ),
  metric(
    'container_memory_rss',
    'gauge',
    'Anonymous memory, in bytes.',
    memory((it) => it.rssBytes),
  ),
  metric(
    'container_memory_cache',
    'gauge',
    'File pages, in bytes.',
    memory((it) => it.cacheBytes),
  ),
  metric(
    'container_memory_mapped_file',
    'gauge',
    'Mapped files, in bytes.',
    memory((it) => it.mappedFileBytes),
  ),
  metric(
    'container_memory_swap',
    'gauge',
    'Memory that is swapped out, in bytes.',
    memory((it) => it.swapBytes),
  ),
  metric(
    'container_memory_max_usage_bytes',
    'gauge',
    'Most memory that was ever in use.',
    memory((it) => it.peakBytes),
  ),
  metric(
    'container_memory_failcnt',
    'counter',
    'How often the memory limit was reached.',
    memory((it) => it.limitHits),
  ),
  metric('container_memory_failures_total', 'counter', 'Page faults.', ({ detail }) => detail && faults(detail.memory)),
  metric(
    'container_oom_events_total',
    'counter',
    'Processes killed for want of memory.',
    memory((it) => it.oomKills),
  ),
  metric(
    'container_fs_reads_bytes_total',
    'counter',
    'Bytes read from disks.',
    disks((it) => it.readBytes),
  ),
  metric(
    'container_fs_writes_bytes_total',
    'counter',
    'Bytes written to disks.',
    disks((it) => it.writtenBytes),
  ),
  metric(
    'container_fs_reads_total',
    'counter',
    'Reads from disks.',
    disks((it) => it.reads),
  ),
  metric(
    'container_fs_writes_total',
    'counter',
    'Writes to disks.',
    disks((it) => it.writes),
  ),
  metric('container_processes', 'gauge', 'Processes.', ({ detail }) => detail?.processes),
  metric('container_threads', 'gauge', 'Threads, those of all processes together.', ({ detail }) => detail?.threads),
  STARTED,
  metric(
    'container_spec_memory_limit_bytes',
    'gauge',
    'Memory limit; 0 is none.',
    ({ container }) => container.limits?.memoryBytes,
  ),
  metric('container_spec_cpu_shares', 'gauge', 'CPU shares.', ({ container }) => container.limits?.cpuShares),
  metric(
    'container_spec_cpu_period',
    'gauge',
    'Period of the CPU limit, in microseconds.',
    ({ container }) => container.limits && CPU_PERIOD_US,
  ),
  metric(
    'container_spec_cpu_quota',
    'gauge',
    'CPU time per period, in microseconds.',
    ({ container }) => container.limits?.cpuQuotaUs || undefined,
  ),
];

const network =
  (way: 'received' | 'transmitted', of: (counters: DirectionCounters) => number | undefined) =>
  ({ network }: ContainerSample) =>
    network?.flatMap((one) => {
      const value = of(one[way]);
      return value === undefined ? [] : [{ labels: { interface: one.name }, value }];
    });

/** Of each pod, by the container that owns its network. */
export const OF_PODS: readonly Metric[] = (
  [
    ['receive', 'received'],
    ['transmit', 'transmitted'],
  ] as const
).flatMap(([word, way]) => [
  metric(
    `container_network_${word}_bytes_total`,
    'counter',
    `Bytes ${way} by the pod.`,
    network(way, (it) => it.bytes),
  ),
  metric(
    `container_network_${word}_packets_total`,
    'counter',
    `Packets ${way} by the pod.`,
    network(way, (it) => it.packets),
  ),
  metric(
    `container_network_${word}_errors_total`,
    'counter',
    `Errors of packets to be ${way}.`,
    network(way, (it) => it.errors),
  ),
  metric(
    `container_network_${word}_packets_dropped_total`,
    'counter',
    `Packets to be ${way} that were dropped.`,
    network(way, (it) => it.dropped),
  ),
]);
