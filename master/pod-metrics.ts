import { type Pod, pods } from '../api/core/pod.ts';
import type { Service } from '../platform/lifecycle.ts';
import { Gauge, type Registry } from '../platform/metrics.ts';
import type { Cache } from './store/cache.ts';

const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'] as const;

/**
 * `stowage_pods{phase}`: how many pods are in each phase (Kubernetes docs, "Pod Lifecycle", pod phase). Counted once at the start
 * and kept by each change after it. Owns its subscription.
 */
export class PodMetrics implements Service {
  readonly #cache: Cache;
  readonly #gauge: Gauge<'phase'>;
  #unsubscribe: (() => void) | undefined;

  constructor(cache: Cache, registry: Registry) {
    this.#cache = cache;
    this.#gauge = new Gauge({
      name: 'stowage_pods',
      help: 'Pods in each phase.',
      labelNames: ['phase'],
      registers: [registry],
    });
  }

  async start(): Promise<void> {
    for (const phase of PHASES) this.#gauge.set({ phase }, 0);
    for (const pod of this.#cache.list(pods)) this.#count(pod, 1);
    this.#unsubscribe = this.#cache.subscribe(pods, ({ type, object, previous }) => {
      if (previous) this.#count(previous, -1);
      if (type !== 'deleted') this.#count(object, 1);
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #count({ status }: Pod, by: number): void {
    // A client must not be able to make up series.
    const phase = PHASES.find((known) => known === status?.phase) ?? 'Unknown';
    this.#gauge.inc({ phase }, by);
  }
}
