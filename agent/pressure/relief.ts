import { podRequests } from '../../api/core/pod-resources.ts';
import { unitsOf } from '../../api/core/resource-units.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ContainerStore } from '../container-store.ts';
import type { ObservedContainer, PodEnding } from '../plan/state.ts';
import { type Pod, podKey, specOf } from '../pod-types.ts';
import { evictionMessage } from './eviction-message.ts';
import { pressureOf, type Shortage } from './pressure.ts';
import { type Candidate, evictionOrder } from './ranking.ts';

/** What a pod's containers use of the thing that is short, by container name. */
export type Uses = ReadonlyMap<string, number>;

export interface ReliefParts {
  readonly pods: {
    /** Those that are neither over nor unwanted. */
    holding(): Iterable<Pod>;
    end(uid: string, ending: PodEnding): void;
  };
  readonly store: Pick<ContainerStore, 'of'>;
  readonly measure: (what: Resource, uid: string, running: readonly ObservedContainer[]) => Promise<Uses>;
  /** Gives back room on disk that no pod needs; the bytes it got. */
  readonly reclaim: (bytes: number) => Promise<number>;
  /** Longest grace for a soft threshold, in seconds. */
  readonly maxPodGraceSeconds: number;
  readonly clock: Clock;
}

export type Resource = 'memory' | 'ephemeral-storage' | 'pids';

const RESOURCES = {
  MemoryPressure: 'memory',
  DiskPressure: 'ephemeral-storage',
  PIDPressure: 'pids',
} as const;

/** An evicted pod is given so long to be gone before another one is taken. */
const EVICTION_MS = 30_000;

/**
 * Relieves the machine of one shortage: on disk, first of what no pod needs; then of one pod at a time (Kubernetes, "Node-pressure
 * Eviction"). Owns which pod it ended last.
 */
export class Relief {
  private readonly parts: ReliefParts;
  private last: { readonly uid: string; readonly atMs: number } | undefined;

  constructor(parts: ReliefParts) {
    this.parts = parts;
  }

  async relieve(shortage: Shortage): Promise<void> {
    if (this.busy()) return;
    const resource = RESOURCES[pressureOf(shortage.threshold.signal)];
    const wanted = shortage.least - shortage.available;
    if (resource === 'ephemeral-storage' && (await this.parts.reclaim(wanted)) > 0) return;
    const measured = await this.measured(resource);
    const [first] = evictionOrder(measured.map(({ candidate }) => candidate));
    const found = measured.find(({ candidate }) => candidate === first);
    if (!found) return;
    const { uid } = found.candidate;
    const { threshold } = shortage;
    const graceSeconds = threshold.graceMs === 0 ? 0 : this.parts.maxPodGraceSeconds;
    this.last = { uid, atMs: this.parts.clock.monotonicMs() };
    const message = evictionMessage(resource, shortage, found.pod, found.uses);
    this.parts.pods.end(uid, { reason: 'Evicted', message, graceSeconds });
  }

  /** What one eviction brings is seen only once its pod is gone. */
  private busy(): boolean {
    if (!this.last) return false;
    const { uid, atMs } = this.last;
    const runs = this.parts.store.of(uid).some(({ state }) => state === 'running');
    return runs && this.parts.clock.monotonicMs() - atMs < EVICTION_MS;
  }

  private async measured(resource: Resource): Promise<{ pod: Pod; uses: Uses; candidate: Candidate }[]> {
    const { pods, store, measure } = this.parts;
    const found = [...pods.holding()].map(async (pod) => {
      const { uid } = podKey(pod);
      const running = store.of(uid).filter(({ state, role }) => state === 'running' && role !== 'sandbox');
      if (running.length === 0) return [];
      const uses = await measure(resource, uid, running);
      const used = [...uses.values()].reduce((sum, amount) => sum + amount, 0);
      const request = podRequests(pod)[resource];
      const requested = request === undefined ? 0 : unitsOf(resource, request);
      return [{ pod, uses, candidate: { uid, priority: specOf(pod).priority ?? 0, used, requested } }];
    });
    return (await Promise.all(found)).flat();
  }
}
