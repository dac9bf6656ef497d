import { Counter, Gauge, Histogram, LATENCY_BUCKETS_SECONDS, type Registry } from '../../platform/metrics.ts';
import type { Decision } from './scheduler.ts';

/** Names as kube-scheduler has them where it has them. */
export class SchedulerMetrics {
  readonly #attempts: Counter<'result'>;
  readonly #passSeconds: Histogram;
  readonly #latencySeconds: Histogram;

  constructor(registry: Registry, pendingCount: () => number) {
    const registers = [registry];
    this.#attempts = new Counter({
      name: 'scheduler_schedule_attempts_total',
      help: 'Attempts to place a pod, by result.',
      labelNames: ['result'],
      registers,
    });
    this.#passSeconds = new Histogram({
      name: 'scheduler_pass_duration_seconds',
      help: 'Time of one pass over the queue, without the writes that follow.',
      buckets: LATENCY_BUCKETS_SECONDS,
      registers,
    });
    this.#latencySeconds = new Histogram({
      name: 'scheduler_pod_scheduling_duration_seconds',
      help: "From a pod's creation to its binding; creation times have whole seconds.",
      buckets: LATENCY_BUCKETS_SECONDS,
      registers,
    });
    new Gauge({
      name: 'scheduler_pending_pods',
      help: 'Pods that wait for a node.',
      registers,
      collect() {
        this.set(pendingCount());
      },
    });
  }

  decided(decisions: readonly Decision[], seconds: number): void {
    if (decisions.length === 0) return;
    this.#passSeconds.observe(seconds);
    const refused = decisions.filter(({ type }) => type === 'explain').length;
    if (refused > 0) this.#attempts.inc({ result: 'unschedulable' }, refused);
  }

  bound(latencyMs: number): void {
    this.#attempts.inc({ result: 'scheduled' });
    if (Number.isFinite(latencyMs)) this.#latencySeconds.observe(Math.max(0, latencyMs) / 1000);
  }

  failed(): void {
    this.#attempts.inc({ result: 'error' });
  }
}
