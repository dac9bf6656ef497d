import { Counter, Gauge, Histogram, LATENCY_BUCKETS_SECONDS, type Registry } from '../../../platform/metrics.ts';
import type { Fairness, SchemaCounts } from './fairness.ts';
import type { LevelQueue } from './level-queue.ts';
import type { FlowSchema } from './levels.ts';

const OF_SCHEMA = ['priority_level', 'flow_schema'] as const;

/**
 * Registers what fairness counts, under the names of Kubernetes' API server. All but the time of those who waited is read when
 * somebody asks for the metrics, so that a request costs nothing for it.
 */
export function fairnessMetrics(registry: Registry, fairness: Fairness): void {
  const registers = [registry];
  const labelsOf = ({ level, name }: FlowSchema) => ({ priority_level: level, flow_schema: name });
  const ofLevels = (name: string, help: string, read: (level: LevelQueue) => number) => {
    const gauge: Gauge<'priority_level'> = new Gauge({
      ...{ name: `apiserver_flowcontrol_${name}`, help, labelNames: ['priority_level'], registers },
      collect() {
        for (const [level, queue] of Object.entries(fairness.levels)) gauge.set({ priority_level: level }, read(queue));
      },
    });
  };
  ofLevels('nominal_limit_seats', 'Seats that the level has.', ({ bounds }) => bounds.seats);
  ofLevels('current_executing_seats', 'Seats that are taken now.', ({ usedSeats }) => usedSeats);
  ofLevels('current_executing_requests', 'Requests that are being served now.', ({ executing }) => executing);

  const waiting: Gauge<(typeof OF_SCHEMA)[number]> = new Gauge({
    name: 'apiserver_flowcontrol_current_inqueue_requests',
    help: 'Requests that wait for a seat now.',
    labelNames: OF_SCHEMA,
    registers,
    collect() {
      for (const [schema, counts] of fairness.counts) waiting.set(labelsOf(schema), counts.waiting);
    },
  });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[], tell: Tell<L>) => {
    const metric: Counter<L> = new Counter({
      ...{ name: `apiserver_flowcontrol_${name}`, help, labelNames, registers },
      collect() {
        metric.reset();
        for (const [schema, counts] of fairness.counts) tell(metric, labelsOf(schema), counts);
      },
    });
  };
  counter('dispatched_requests_total', 'Requests that got a seat.', OF_SCHEMA, (metric, labels, { dispatched }) => {
    metric.inc(labels, dispatched);
  });
  counter(
    'rejected_requests_total',
    'Requests that got no seat.',
    [...OF_SCHEMA, 'reason'] as const,
    (metric, labels, { refused }) => {
      for (const [reason, count] of Object.entries(refused)) if (count > 0) metric.inc({ ...labels, reason }, count);
    },
  );
  const waited = new Histogram({
    name: 'apiserver_flowcontrol_request_wait_duration_seconds',
    help: 'Time in the queue, of requests that had to wait.',
    labelNames: [...OF_SCHEMA, 'execute'],
    buckets: LATENCY_BUCKETS_SECONDS,
    registers,
  });
  fairness.onWaited = (schema, seconds, seated) =>
    waited.observe({ ...labelsOf(schema), execute: `${seated}` }, seconds);
}

type Tell<L extends string> = (
  metric: Counter<L>,
  labels: { priority_level: string; flow_schema: string },
  counts: SchemaCounts,
) => void;
