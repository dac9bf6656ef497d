import { Counter, Gauge, Histogram, LATENCY_BUCKETS_SECONDS, type Registry } from '../../../platform/metrics.ts';

/** What the controllers report of themselves, labelled by controller. */
export interface ControllerMetrics {
  readonly durationSeconds: Histogram<'controller'>;
  readonly errors: Counter<'controller'>;
  readonly writes: Counter<'controller' | 'type'>;
}

/** `depths` is asked at each scrape, so that an idle queue costs nothing. */
export function controllerMetrics(registry: Registry, depths: () => Iterable<[string, number]>): ControllerMetrics {
  new Gauge({
    name: 'stowage_controller_queue_depth',
    help: 'Keys that wait or are being reconciled.',
    labelNames: ['controller'],
    registers: [registry],
    collect() {
      for (const [controller, depth] of depths()) this.set({ controller }, depth);
    },
  });
  return {
    durationSeconds: new Histogram({
      name: 'stowage_controller_reconcile_seconds',
      help: 'Time to decide and to carry out the decisions for one key.',
      labelNames: ['controller'],
      buckets: LATENCY_BUCKETS_SECONDS,
      registers: [registry],
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
  };
}
