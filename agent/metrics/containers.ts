import { Counter, Gauge, type Registry } from '../../platform/metrics.ts';
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
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: [...CONTAINER_LABELS], registers: [registry] });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
  const cpu = counter('container_cpu_usage_seconds_total', 'CPU time used, in seconds.', CONTAINER_LABELS);
  const memory = gauge('container_memory_working_set_bytes', 'Memory in use that cannot be taken back.');
  const started = gauge('container_start_time_seconds', 'Start of the container, Unix time.');
  const restarts = counter('kube_pod_container_status_restarts_total', 'How often it was restarted.', CONTAINER_LABELS);
  const received = counter('container_network_receive_bytes_total', 'Bytes received by the pod.', INTERFACE_LABELS);
  const sent = counter('container_network_transmit_bytes_total', 'Bytes sent by the pod.', INTERFACE_LABELS);
  const all = [cpu, memory, started, restarts, received, sent];

  const readOne = async (one: ObservedContainer, place: Place) => {
    const labels = { ...place, container: one.name };
    if (one.role === 'sandbox') {
      for (const counters of await network(one, runtime)) {
        const where = { ...place, interface: counters.name };
        received.inc(where, counters.receivedBytes);
        sent.inc(where, counters.transmittedBytes);
      }
      return;
    }
    started.set(labels, (one.startedAtMs ?? 0) / 1000);
    const used = await usage(one, runtime);
    if (!used) return;
    cpu.inc(labels, used.cpuSeconds);
    memory.set(labels, used.workingSetBytes);
  };

  const limiter = new Limiter(READS_AT_ONCE);
  const collect = async () => {
    for (const one of all) one.reset();
    const readings: Promise<void>[] = [];
    for (const { uid, namespace, name: pod } of store.seenPods()) {
      const place = { namespace, pod };
      const containers = store.of(uid);
      for (const [container, attempt] of latestAttempts(containers)) restarts.inc({ ...place, container }, attempt);
      for (const one of containers.filter(({ state }) => state === 'running')) {
        readings.push(limiter.run(() => readOne(one, place)));
      }
    }
    await Promise.all(readings);
  };
  collectTogether(all, collect);
}

/** By container name. */
function latestAttempts(containers: readonly ObservedContainer[]): Map<string, number> {
  const latest = new Map<string, number>();
  for (const { role, name, attempt } of containers) {
    if (role !== 'sandbox') latest.set(name, Math.max(attempt, latest.get(name) ?? 0));
  }
  return latest;
}

/** Makes every one of the metrics wait for one common collection per scrape: a registry collects them all at once. */
function collectTogether(metrics: readonly object[], collect: () => Promise<void>): void {
  let under: Promise<void> | undefined;
  for (const metric of metrics) {
    Object.assign(metric, {
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
