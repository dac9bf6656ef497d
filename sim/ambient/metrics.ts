/** Metrics as they are, but for those of the process itself: it is everybody's, and watching it costs timers. */
export { Counter, Gauge, Histogram, LATENCY_BUCKETS_SECONDS, Registry } from '../../platform/metrics.ts';

export const collectProcessMetrics = (): void => {};
