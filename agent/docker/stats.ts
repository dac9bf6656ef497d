import type Docker from 'dockerode';
import type { ContainerStats } from '../runtime.ts';

const NANOSECONDS = 1e9;

/** Docker's statistics in the seam's terms; undefined for a container that does not run (Docker then answers zeros). */
export function containerStats(found: Docker.ContainerStats): ContainerStats | undefined {
  const usage = found.memory_stats?.usage;
  if (usage === undefined) return undefined;
  const detail = (found.memory_stats.stats ?? {}) as unknown as Record<string, number | undefined>;
  // The working set leaves out file pages that the kernel would drop first; cgroup v1 and v2 name them differently.
  const reclaimable = detail.total_inactive_file ?? detail.inactive_file ?? 0;
  return {
    cpuSeconds: found.cpu_stats.cpu_usage.total_usage / NANOSECONDS,
    memoryWorkingSetBytes: Math.max(0, usage - reclaimable),
    network: Object.fromEntries(
      Object.entries(found.networks ?? {}).map(([name, counters]) => [
        name,
        { receivedBytes: counters.rx_bytes, transmittedBytes: counters.tx_bytes },
      ]),
    ),
  };
}
