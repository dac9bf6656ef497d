import { Gauge, type Registry } from '../../platform/metrics.ts';
import type { ContainerStore } from '../container-store.ts';
import { Limiter } from '../limiter.ts';
import type { ObservedContainer } from '../plan/state.ts';
import type { ContainerRuntime, ContainerStats } from '../runtime.ts';
import { cgroupUsage } from './cgroup.ts';
import { networkCounters } from './network.ts';

interface Place {
  readonly namespace: string;
  readonly pod: string;
}

/** Containers read at once during a scrape. */
const READS_AT_ONCE = 16;
const CONTAINER_LABELS = ['namespace', 'pod', 'container'] as const;
const INTERFACE_LABELS = ['namespace', 'pod', 'interface'] as const;

/**
 * Metrics of the pods' containers under cAdvisor's names and labels. Nothing is read but during a scrape: then the kernel's own
 * files, and the engine's statistics where those cannot be seen.
 */
export function registerContainerMetrics(registry: Registry, store: ContainerStore, runtime: ContainerRuntime): void {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
  const cpu = gauge('container_cpu_usage_seconds_total', 'CPU time used, in seconds.', CONTAINER_LABELS);
  const memory = gauge('container_memory_working_set_bytes', 'Memory in use that cannot be taken back.', CONTAINER_LABELS);
  const started = gauge('container_start_time_seconds', 'Start of the container, Unix time.', CONTAINER_LABELS);
  const restarts = gauge('kube_pod_container_status_restarts_total', 'How often it was restarted.', CONTAINER_LABELS);
  const received = gauge('container_network_receive_bytes_total', 'Bytes received by the pod.', INTERFACE_LABELS);
  const sent = gauge('container_network_transmit_bytes_total', 'Bytes sent by the pod.', INTERFACE_LABELS);
  const all = [cpu, memory, started, restarts, received, sent];

  const readOne = async (one: ObservedContainer, place: Place) => {
    const labels = { ...place, container: one.name };
    if (one.role === 'sandbox') {
      for (const counters of await network(one, runtime)) {
        const where = { ...place, interface: counters.name };
        received.set(where, counters.receivedBytes);
        sent.set(where, counters.transmittedBytes);
      }
      return;
    }
    started.set(labels, (one.startedAtMs ?? 0) / 1000);
    const used = await usage(one, runtime);
    if (!used) return;
    cpu.set(labels, used.cpuSeconds);
    memory.set(labels, used.workingSetBytes);
  };

  // prom-client collects all metrics of a registry at once; the first one's collection fills in the others.
  const limiter = new Limiter(READS_AT_ONCE);
  const collect = async () => {
    for (const one of all) one.reset();
    const readings: Promise<void>[] = [];
    for (const { uid, namespace, name: pod } of store.seenPods()) {
      const place = { namespace, pod };
      for (const one of store.of(uid)) {
        if (one.role !== 'sandbox') countRestarts(restarts, { ...place, container: one.name }, one.attempt, seen);
        if (one.state === 'running') readings.push(limiter.run(() => readOne(one, place)));
      }
    }
    seen.clear();
    await Promise.all(readings);
  };
  const seen = new Map<string, number>();
  collectTogether(registry, all, collect);
}

/** Of a container's attempts the latest counts. */
function countRestarts(
  gauge: Gauge<'namespace' | 'pod' | 'container'>,
  labels: Place & { container: string },
  attempt: number,
  seen: Map<string, number>,
): void {
  const key = JSON.stringify(labels);
  if ((seen.get(key) ?? -1) >= attempt) return;
  seen.set(key, attempt);
  gauge.set(labels, attempt);
}

/** Makes every one of `gauges` wait for one common collection per scrape. */
function collectTogether(_registry: Registry, gauges: readonly Gauge<string>[], collect: () => Promise<void>): void {
  let under: Promise<void> | undefined;
  for (const gauge of gauges) {
    Object.assign(gauge, {
      collect: () => {
        under ??= collect().finally(() => {
          under = undefined;
        });
        return under;
      },
    });
  }
}

async function usage(one: ObservedContainer, runtime: ContainerRuntime) {
  const fromKernel = one.pid ? await cgroupUsage(one.pid) : undefined;
  if (fromKernel) return fromKernel;
  const stats = await statsOf(one, runtime);
  return stats && { cpuSeconds: stats.cpuSeconds, workingSetBytes: stats.memoryWorkingSetBytes };
}

async function network(one: ObservedContainer, runtime: ContainerRuntime) {
  // A pod on the machine's own network has no counters of its own.
  if (!one.ip) return [];
  const fromKernel = one.pid ? await networkCounters(one.pid) : undefined;
  if (fromKernel) return fromKernel;
  const stats = await statsOf(one, runtime);
  return Object.entries(stats?.network ?? {}).map(([name, counters]) => ({ name, ...counters }));
}

/** A container that has gone meanwhile has no statistics. */
const statsOf = (one: ObservedContainer, runtime: ContainerRuntime): Promise<ContainerStats | undefined> =>
  runtime.stats(one.id).catch(() => undefined);
