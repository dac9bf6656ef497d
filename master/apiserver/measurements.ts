import { type Node, nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { quantityOf } from '../../api/core/resource-units.ts';
import { apiVersionOf, type ResourceDefinition } from '../../api/meta/definition.ts';
import { notFound } from '../../api/meta/errors.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { canonicalQuantity } from '../../api/meta/quantity.ts';
import { type NodeMetrics, nodeMetrics } from '../../api/metrics/node-metrics.ts';
import { type PodMetrics, podMetrics } from '../../api/metrics/pod-metrics.ts';
import { timestamp } from '../../platform/clock.ts';
import type { MeasuredUsage } from '../../proto/messages.ts';
import type { UsageReader } from '../agents/usage.ts';
import { type ApiContext, nameIn, type ResourceCall, type ResourceHandler } from './context.ts';
import { listQuery } from './query-options.ts';
import { renderList, renderObject } from './render.ts';
import type { Verb } from './request.ts';
import { compileSelection } from './selection.ts';

/**
 * `metrics.k8s.io`: what nodes and pods use, as the metrics server of Kubernetes answers it. Nodes and pods without a reading are left
 * out of lists and not found by name.
 */
export const MEASUREMENTS: Readonly<Record<string, Partial<Record<Verb, ResourceHandler>>>> = {
  'metrics.k8s.io/nodes': handlersOf(nodes, nodeMetricsOf, 'nodemetrics'),
  'metrics.k8s.io/pods': handlersOf(pods, podMetricsOf, 'podmetrics'),
};

/** `undefined` where there is no reading. */
type Measure<T extends ApiObject> = (usage: UsageReader, object: T, nowMs: number) => ApiObject | undefined;

/** What is measured of the objects of `source`; `plural` is what a reading is called when it is missing. */
function handlersOf<T extends ApiObject>(source: ResourceDefinition<T>, measure: Measure<T>, plural: string) {
  const measured = ({ usage, clock }: ApiContext, object: T) => usage && measure(usage, object, clock.now());
  return {
    async get(context: ApiContext, call: ResourceCall) {
      await context.usage?.refresh?.();
      const { namespace } = call.target;
      const object = context.cache.get(source, namespace, nameIn(call));
      if (!object) throw notFound(source, nameIn(call));
      const found = measured(context, object);
      const name = namespace ? `${namespace}/${nameIn(call)}` : nameIn(call);
      if (!found) throw notFound({ ...call.resource, plural }, name);
      return renderObject(context, call, found);
    },
    async list(context: ApiContext, call: ResourceCall) {
      // All are shown on one page, however few are asked for: there is no revision at which another could be read.
      listQuery(call.query);
      await context.usage?.refresh?.();
      const selection = compileSelection(call.resource, call.target, call.query);
      const found = context.cache
        .list(source, call.target.namespace)
        .flatMap((object) => (selection.matches(object) ? (measured(context, object) ?? []) : []));
      return renderList(context, call, found, {});
    },
  };
}

function nodeMetricsOf(usage: UsageReader, node: Node, nowMs: number): NodeMetrics | undefined {
  const reading = usage.ofNode(node.metadata?.name ?? '');
  if (!reading) return undefined;
  return {
    ...headOf(nodeMetrics, node, nowMs),
    timestamp: timestamp(reading.atMs),
    window: duration(reading.windowMs),
    usage: quantitiesOf(reading),
  };
}

/** The window is the longest of its containers'. */
function podMetricsOf(usage: UsageReader, pod: Pod, nowMs: number): PodMetrics | undefined {
  const reading = usage.ofPod(pod.spec?.nodeName ?? '', pod.metadata?.uid ?? '');
  if (!reading) return undefined;
  const measured = reading.containers.flatMap(({ name, usage: used }) => (used ? [{ name, used }] : []));
  return {
    ...headOf(podMetrics, pod, nowMs),
    timestamp: timestamp(reading.atMs),
    window: duration(Math.max(...measured.map(({ used }) => used.windowMs))),
    containers: measured.map(({ name, used }) => ({ name, usage: quantitiesOf(used) })),
  };
}

function headOf(resource: ResourceDefinition, { metadata }: ApiObject, nowMs: number) {
  const { name, namespace, labels } = metadata ?? {};
  const creationTimestamp = timestamp(nowMs);
  return {
    kind: resource.kind,
    apiVersion: apiVersionOf(resource),
    metadata: { name, ...(namespace && { namespace }), creationTimestamp, ...(labels && { labels }) },
  };
}

const quantitiesOf = ({ cpuNanocores, memoryBytes }: MeasuredUsage) => ({
  cpu: canonicalQuantity(`${cpuNanocores}n`) ?? '0',
  memory: quantityOf('memory', memoryBytes),
});

/** As Go writes durations: `850ms`, `10.003s`, `1m30s`. */
export function duration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const hours = Math.floor(minutes / 60);
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (minutes === 0) return seconds;
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}
