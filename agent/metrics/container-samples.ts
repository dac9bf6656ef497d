import type { ContainerStore } from '../container-store.ts';
import { Limiter } from '../limiter.ts';
import type { ObservedContainer } from '../plan/state.ts';
import type { ContainerRuntime, ContainerStats } from '../runtime.ts';
import { cgroupFiles } from './cgroup.ts';
import { type CgroupDetail, cgroupDetail } from './cgroup-detail.ts';
import { type InterfaceCounters, networkCounters } from './network.ts';

/** One container of a pod, as a scrape finds it. */
export interface ContainerSample {
  readonly namespace: string;
  readonly pod: string;
  readonly container: ObservedContainer;
  /** Where the kernel counts for it. */
  readonly cgroup?: string;
  readonly detail?: CgroupDetail;
  /** Where the kernel's files cannot be seen. */
  readonly stats?: ContainerStats;
  /** Of a sandbox, which holds its pod's network. */
  readonly network?: readonly InterfaceCounters[];
}

/** Containers read at once during a scrape. */
const READS_AT_ONCE = 16;

/** Reads every container that runs; of the others there is only what the store knows. Never rejects. */
export async function sampleContainers(
  store: Pick<ContainerStore, 'seenPods' | 'of'>,
  runtime: Pick<ContainerRuntime, 'stats'>,
): Promise<ContainerSample[]> {
  const limiter = new Limiter(READS_AT_ONCE);
  const sampled: Promise<ContainerSample>[] = [];
  for (const { uid, namespace, name: pod } of store.seenPods()) {
    for (const container of store.of(uid)) {
      sampled.push(limiter.run(async () => ({ namespace, pod, container, ...(await used(container, runtime)) })));
    }
  }
  return await Promise.all(sampled);
}

async function used(container: ObservedContainer, runtime: Pick<ContainerRuntime, 'stats'>) {
  const { state, role, pid, ip } = container;
  if (state !== 'running') return {};
  const holdsNetwork = role === 'sandbox' && ip !== undefined;
  const files = pid ? await cgroupFiles(pid) : undefined;
  const detail = files && cgroupDetail(files);
  if (detail && pid) {
    const network = holdsNetwork ? await networkCounters(pid) : undefined;
    return { detail, network, cgroup: files.path };
  }
  // A container that has gone meanwhile has no statistics.
  const stats = await runtime.stats(container.id).catch(() => undefined);
  return { stats, network: stats && holdsNetwork ? networkOf(stats) : undefined };
}

const networkOf = ({ network }: ContainerStats): InterfaceCounters[] =>
  Object.entries(network).map(([name, { receivedBytes, transmittedBytes }]) => ({
    name,
    received: { bytes: receivedBytes },
    transmitted: { bytes: transmittedBytes },
  }));
