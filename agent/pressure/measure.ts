import type { Clock } from '../../platform/clock.ts';
import { pidsOf } from '../cgroups/process-cgroup.ts';
import { ContainerReader } from '../metrics/container-reader.ts';
import type { ObservedContainer } from '../plan/state.ts';
import type { ContainerRuntime } from '../runtime.ts';
import { diskUse } from '../volumes/disk-use.ts';
import type { Resource, Uses } from './relief.ts';

export interface MeasureParts {
  readonly runtime: Pick<ContainerRuntime, 'stats' | 'diskBytes'>;
  readonly clock: Clock;
  /** Where what the agent keeps of a pod lies, its volumes among it. */
  readonly podDir: (uid: string) => string;
}

/** What a pod's running containers use of something, asked for only when there is too little of it. Never rejects. */
export async function measureUse(
  what: Resource,
  uid: string,
  running: readonly ObservedContainer[],
  { runtime, clock, podDir }: MeasureParts,
): Promise<Uses> {
  if (what === 'pids') return byName(running, async ({ pid }) => (pid ? pidsOf(pid) : 0));
  if (what === 'memory') {
    const readings = await new ContainerReader(runtime, clock).read(running);
    return byName(running, async ({ id }) => readings.get(id)?.workingSetBytes ?? 0);
  }
  const uses = await byName(running, ({ id }) => runtime.diskBytes(id).catch(() => 0));
  // What lies in volumes is the pod's as a whole.
  return new Map([...uses, ['', await diskUse(podDir(uid), Number.POSITIVE_INFINITY)]]);
}

async function byName(
  running: readonly ObservedContainer[],
  read: (one: ObservedContainer) => Promise<number>,
): Promise<Uses> {
  return new Map(await Promise.all(running.map(async (one) => [one.name, await read(one)] as const)));
}
