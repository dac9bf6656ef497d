import { Counter, Gauge, Histogram, LATENCY_BUCKETS_SECONDS, type Registry } from '../../../platform/metrics.ts';
import type { QueueWatch } from './work-queue.ts';

/** What the controllers report of themselves: of their queues by Kubernetes' names, of their work by ours. */
export interface ControllerMetrics {
  readonly durationSeconds: Histogram<'name'>;
  readonly errors: Counter<'controller'>;
  readonly writes: Counter<'controller' | 'type'>;
  /** Counts what goes on in one controller's queue. */
  watch(name: string): QueueWatch;
}

/** What a scrape asks of a queue. */
export interface QueueState {
  readonly name: string;
  /** Keys that wait. */
  readonly waiting: number;
  /** For how long each key that is at work has been. */
  runningMs(): readonly number[];
}

/** `queues` is asked at each scrape, so that an idle queue costs nothing. */
export function controllerMetrics(registry: Registry, queues: () => readonly QueueState[]): ControllerMetrics {
  gauges(registry, queues);
  const common = { labelNames: ['name'] as const, registers: [registry] };
  const buckets = LATENCY_BUCKETS_SECONDS;
  const adds = new Counter({ name: 'workqueue_adds_total', help: 'Keys that were added to a queue.', ...common });
  const retries = new Counter({ name: 'workqueue_retries_total', help: 'Keys that are tried again.', ...common });
  const waited = new Histogram({
    ...{ name: 'workqueue_queue_duration_seconds', help: 'How long keys waited before their work began.' },
    ...{ buckets, ...common },
  });
  return {
    durationSeconds: new Histogram({
      ...{
        name: 'workqueue_work_duration_seconds',
        help: 'Time to decide and to carry out the decisions for one key.',
      },
      ...{ buckets, ...common },
    }),
    errors: new Counter({
      name: 'stowage_controller_errors_total',
      help: 'Passes that failed and are tried again.',
      labelNames: ['controller'],
      registers: [registry],
    }),
    writes: new Counter({
      name: 'stowage_controller_writes_total',
      help: 'Writes that were decided, by type.',
      labelNames: ['controller', 'type'],
      registers: [registry],
    }),
    watch: (name) => ({
      added: () => adds.inc({ name }),
      retried: () => retries.inc({ name }),
      taken: (waitedMs) => waited.observe({ name }, waitedMs / 1_000),
    }),
  };
}

function gauges(registry: Registry, queues: () => readonly QueueState[]): void {
  const gauge = (name: string, help: string, read: (queue: QueueState) => number) =>
    new Gauge({
      ...{ name, help, labelNames: ['name'], registers: [registry] },
      collect() {
        for (const queue of queues()) this.set({ name: queue.name }, read(queue));
      },
    });
  gauge('workqueue_depth', 'Keys that wait.', ({ waiting }) => waiting);
  gauge('workqueue_unfinished_work_seconds', 'How long keys that are at work have been, together.', (queue) =>
    queue.runningMs().reduce((sum, ms) => sum + ms / 1_000, 0),
  );
  gauge(
    'workqueue_longest_running_processor_seconds',
    'How long the key has been at work that is so longest.',
    (queue) => Math.max(0, ...queue.runningMs()) / 1_000,
  );
}
