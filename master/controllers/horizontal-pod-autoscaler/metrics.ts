import type { MetricSpec, MetricStatus, MetricTarget } from '../../../api/autoscaling/metric.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { quantityMilli } from '../../../api/meta/quantity.ts';
import { isFinished, isReady, isTerminating } from '../pods/pod-state.ts';
import { type MetricSource, seriesOf } from './metric-source.ts';
import { type Goal, isClose, type Proposal, propose, round, type Tolerance } from './proposal.ts';
import { type Readings, type ResourceAsked, resourceReadings } from './readings.ts';

export interface Measured {
  readonly namespace: string;
  readonly pods: readonly Pod[];
  /** Pods that the target has now. */
  readonly current: number;
  readonly tolerance: Tolerance;
  readonly nowMs: number;
}

/** What one metric asks for. */
export interface Wish {
  readonly replicas: number;
  readonly status: MetricStatus;
  /** For people: `cpu resource utilization (percentage of request)`. */
  readonly what: string;
}

export interface Failure {
  /** Of the condition ScalingActive. */
  readonly reason: string;
  readonly message: string;
}

export const isFailure = (found: Wish | Failure): found is Failure => 'reason' in found;

/** What a metric asks for, or why that cannot be told. */
export function wishOf(metric: MetricSpec, measured: Measured, source: MetricSource): Wish | Failure {
  const { type, resource, containerResource, pods, object, external } = metric;
  if (resource) return ofResource({ resource: resource.name }, resource.target, type, measured, source);
  if (containerResource) {
    const { name, container, target } = containerResource;
    return ofResource({ resource: name, container }, target, type, measured, source);
  }
  if (pods) return ofPods(pods, measured, source);
  if (object) {
    const { describedObject, metric: identifier, target } = object;
    const where = [
      `namespace=${JSON.stringify(measured.namespace)}`,
      `${describedObject.kind.toLowerCase()}=${JSON.stringify(describedObject.name)}`,
    ];
    const status = (current: object) => ({ type, object: { describedObject, metric: identifier, current } });
    return ofOne(
      seriesOf(identifier, where),
      target,
      measured,
      source,
      status,
      `${describedObject.kind} metric ${identifier.name}`,
    );
  }
  if (external) {
    const status = (current: object) => ({ type, external: { metric: external.metric, current } });
    const query = seriesOf(external.metric, []);
    return ofOne(query, external.target, measured, source, status, `external metric ${external.metric.name}`);
  }
  return { reason: 'InvalidMetricSourceType', message: `invalid metric source type "${type}"` };
}

function goalOf({ averageUtilization, averageValue }: MetricTarget): Goal | undefined {
  if (averageUtilization !== undefined) return { type: 'utilization', percent: averageUtilization };
  return averageValue === undefined ? undefined : { type: 'average', value: quantityMilli(averageValue) };
}

function ofResource(
  asked: ResourceAsked,
  target: MetricTarget,
  type: MetricSpec['type'],
  { pods, current, tolerance, nowMs }: Measured,
  { usage }: MetricSource,
): Wish | Failure {
  const reason = type === 'Resource' ? 'FailedGetResourceMetric' : 'FailedGetContainerResourceMetric';
  const [goal, reader] = [goalOf(target), usage()];
  if (!goal || !reader) return { reason, message: 'no agents tell this master what pods use' };
  const readings = resourceReadings(asked, pods, reader, goal.type === 'utilization', nowMs);
  if (typeof readings === 'string')
    return { reason, message: `failed to get ${asked.resource} utilization: ${readings}` };
  const proposal = propose(readings, goal, current, tolerance);
  if (!proposal) return { reason, message: `no metrics are known of any pod for the resource ${asked.resource}` };
  const value = {
    averageValue: written(proposal.average),
    ...(goal.type === 'utilization' && { averageUtilization: proposal.utilization }),
  };
  const status: MetricStatus = asked.container
    ? { type, containerResource: { name: asked.resource, container: asked.container, current: value } }
    : { type, resource: { name: asked.resource, current: value } };
  const of = goal.type === 'utilization' ? 'utilization (percentage of request)' : '';
  return {
    replicas: proposal.replicas,
    status,
    what: `${asked.resource} ${asked.container ? 'container resource' : 'resource'} ${of}`.trim(),
  };
}

function ofPods(
  { metric, target }: NonNullable<MetricSpec['pods']>,
  { namespace, pods, current, tolerance }: Measured,
  { metrics }: MetricSource,
): Wish | Failure {
  const reason = 'FailedGetPodsMetric';
  const goal = goalOf(target);
  if (!metrics || !goal) return { reason, message: NO_SOURCE };
  const counted = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod));
  const where = [`namespace=${JSON.stringify(namespace)}`, `pod=~${JSON.stringify(counted.map(nameOf).join('|'))}`];
  const answer = metrics.ask(`sum by (pod) (${seriesOf(metric, where)})`);
  if (answer.state !== 'known') return unknown(reason, answer);
  const readings: Readings = {
    values: new Map([...answer.values].map(([pod, value]) => [pod, value * 1_000])),
    missing: counted.filter((pod) => isReady(pod) && !answer.values.has(nameOf(pod))).map(nameOf),
    unready: counted.filter((pod) => !isReady(pod) && !answer.values.has(nameOf(pod))).map(nameOf),
  };
  const proposal: Proposal | undefined = propose(readings, goal, current, tolerance);
  if (!proposal) return { reason, message: `no pod has the metric ${metric.name}` };
  const status: MetricStatus = { type: 'Pods', pods: { metric, current: { averageValue: written(proposal.average) } } };
  return { replicas: proposal.replicas, status, what: `pods metric ${metric.name}` };
}

/** One value for all: compared as it is, or shared out among the pods. */
function ofOne(
  series: string,
  target: MetricTarget,
  { pods, current, tolerance }: Measured,
  { metrics }: MetricSource,
  statusOf: (current: object) => object,
  what: string,
): Wish | Failure {
  const reason = what.startsWith('external') ? 'FailedGetExternalMetric' : 'FailedGetObjectMetric';
  if (!metrics) return { reason, message: NO_SOURCE };
  const answer = metrics.ask(`sum(${series})`);
  if (answer.state !== 'known') return unknown(reason, answer);
  const value = answer.values.get('');
  if (value === undefined) return { reason, message: `no series of ${series}` };
  const average = target.averageValue;
  const ratio =
    average === undefined
      ? (value * 1_000) / quantityMilli(target.value ?? '1')
      : (value * 1_000) / (quantityMilli(average) * Math.max(1, current));
  const ready = average === undefined ? Math.max(1, pods.filter(isReady).length) : current;
  const replicas = isClose(ratio, tolerance) ? current : Math.ceil(round(ratio * ready));
  const shown =
    average === undefined
      ? { value: written(value * 1_000) }
      : { averageValue: written((value * 1_000) / Math.max(1, current)) };
  return { replicas, status: statusOf(shown) as MetricStatus, what };
}

const NO_SOURCE = 'no source of metrics is known: start the master with --prometheus-url';

const unknown = (reason: string, answer: { state: string; message?: string }): Failure => ({
  reason,
  message: answer.message ?? 'the metric has been asked for and is not known yet',
});

const nameOf = (pod: Pod): string => metaOf(pod).name ?? '';

/** A quantity of thousandths. */
const written = (milli: number): string =>
  Number.isInteger(milli / 1_000) ? `${milli / 1_000}` : `${Math.ceil(milli)}m`;
