import { type Pod, pods } from '../api/core/pod.ts';
import type { Service } from '../platform/lifecycle.ts';
import { Gauge, type Registry } from '../platform/metrics.ts';
import type { Cache } from './store/cache.ts';

const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const;
type Phase = (typeof PHASES)[number];

/**
 * `stowage_pods{phase}`: how many pods are in each phase (Kubernetes docs, "Pod Lifecycle", pod phase). Counted once at the start
 * and kept by each change after it. Owns the counts and a subscription.
 */
export class PodMetrics implements Service {
  readonly #cache: Cache;
  readonly #counts = new Map<Phase, number>();
  #unsubscribe: (() => void) | undefined;

  constructor(cache: Cache, registry: Registry) {
    this.#cache = cache;
    const gauge: Gauge<'phase'> = new Gauge({
      name: 'stowage_pods',
      help: 'Pods in each phase.',
      labelNames: ['phase'],
      registers: [registry],
      collect: () => {
        for (const phase of PHASES) gauge.set({ phase }, this.#counts.get(phase) ?? 0);
      },
    });
  }

  async start(): Promise<void> {
    this.#counts.clear();
    for (const pod of this.#cache.list(pods)) this.#count(phaseOf(pod), 1);
    this.#unsubscribe = this.#cache.subscribe(pods, ({ type, object, previous }) => {
      const before = previous && phaseOf(previous);
      const after = type === 'deleted' ? undefined : phaseOf(object);
      if (before === after) return;
      if (before) this.#count(before, -1);
      if (after) this.#count(after, 1);
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #count(phase: Phase, by: number): void {
    this.#counts.set(phase, (this.#counts.get(phase) ?? 0) + by);
  }
}

/** A client must not be able to make up series. */
const phaseOf = ({ status }: Pod): Phase => PHASES.find((known) => known === status?.phase) ?? 'Unknown';
