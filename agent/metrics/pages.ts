import type { Clock } from '../../platform/clock.ts';
import type { ContainerStore } from '../container-store.ts';
import type { ContainerRuntime } from '../runtime.ts';
import type { Usage } from './cgroup.ts';
import { type ContainerSample, sampleContainers } from './container-samples.ts';
import { containerFamilies, resourceFamilies } from './containers.ts';
import { expositionText, type Family } from './exposition.ts';

/** The text of a page of metrics. */
export type Page = () => Promise<string>;

export interface PageParts {
  /** The agent's own metrics. */
  readonly own: Page;
  /** Undefined until the agent knows its cell. */
  readonly store: () => Pick<ContainerStore, 'seenPods' | 'of'> | undefined;
  readonly runtime: Pick<ContainerRuntime, 'stats'>;
  readonly machine: () => { readonly cpus: number; readonly memoryBytes: number; readonly use: Usage | undefined };
  readonly clock: Clock;
}

/** Pages asked for together are of one reading. */
const FRESH_MS = 1_000;

/**
 * The pages of metrics, as the kubelet names them: `/metrics` has everything, `/metrics/cadvisor` containers and machine,
 * `/metrics/resource` what autoscaling needs. Nothing is read but when somebody asks.
 */
export function metricsPages(parts: PageParts): Readonly<Record<string, Page>> {
  const containers = freshContainers(parts);
  const cadvisor = async () => expositionText([...containerFamilies(await containers()), ...machineFamilies(parts)]);
  return {
    '/metrics': async () => (await Promise.all([parts.own(), cadvisor()])).join('\n'),
    '/metrics/cadvisor': cadvisor,
    '/metrics/resource': async () => expositionText([...resourceFamilies(await containers()), ...nodeFamilies(parts)]),
  };
}

function freshContainers({ store, runtime, clock }: PageParts): () => Promise<ContainerSample[]> {
  let read: Promise<ContainerSample[]> | undefined;
  let readAtMs = 0;
  return () => {
    if (read && clock.monotonicMs() - readAtMs < FRESH_MS) return read;
    const from = store();
    readAtMs = clock.monotonicMs();
    read = from ? sampleContainers(from, runtime) : Promise.resolve([]);
    return read;
  };
}

const one = (name: string, type: Family['type'], help: string, value: number | undefined): Family => ({
  ...{ name, type, help },
  samples: value === undefined ? [] : [{ labels: '', value }],
});

function machineFamilies({ machine }: PageParts): Family[] {
  const { cpus, memoryBytes } = machine();
  return [
    one('machine_cpu_cores', 'gauge', 'Logical processors of the machine.', cpus),
    one('machine_memory_bytes', 'gauge', 'Memory of the machine.', memoryBytes),
  ];
}

function nodeFamilies({ machine }: PageParts): Family[] {
  const { use } = machine();
  return [
    one('node_cpu_usage_seconds_total', 'counter', 'CPU time used by the machine, in seconds.', use?.cpuSeconds),
    one(
      'node_memory_working_set_bytes',
      'gauge',
      'Memory of the machine that cannot be taken back.',
      use?.workingSetBytes,
    ),
  ];
}
