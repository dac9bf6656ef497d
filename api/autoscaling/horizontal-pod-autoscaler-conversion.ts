import { decodeWith } from '../meta/decode.ts';
import { equalJson, isJsonObject } from '../meta/json.ts';
import { list, optional, struct, type TSchema } from '../meta/schema.ts';
import type { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { ROUND_TRIP, withoutRoundTrip } from './horizontal-pod-autoscaler-defaults.ts';
import type { HorizontalPodAutoscalerV1 } from './horizontal-pod-autoscaler-v1.ts';
import { type MetricSpec, MetricSpecSchema, type MetricStatus, MetricStatusSchema } from './metric.ts';
import { type ScalingBehavior, ScalingBehaviorSchema } from './scaling-behavior.ts';
import { FlatListsSchema, flatSpec, flatStatus, fullSpec, fullStatus } from './v1-metrics.ts';

/**
 * Autoscalers between autoscaling/v2, in which they are kept, and autoscaling/v1. What v1 has no field for goes to the annotations
 * that Kubernetes uses for it. Those lose the order of metrics, and the difference between some of them; where that happens the
 * lists go to one more annotation as they are, which counts as long as nobody changes what v1 shows of them.
 */

type Annotations = Record<string, string>;
type Metrics = readonly MetricSpec[];
type Statuses = readonly MetricStatus[];

const ExactSchema = struct('stowage.dev.ExactMetrics', 'Lists of metrics as autoscaling/v2 has them.', {
  metrics: optional(list(MetricSpecSchema, 'Metrics.')),
  currentMetrics: optional(list(MetricStatusSchema, 'Values last seen.')),
});
const BehaviorSchema = struct('stowage.dev.Behavior', 'A behavior.', { behavior: optional(ScalingBehaviorSchema) });

/** Annotations come from anyone: what cannot be understood is as good as missing. The text is that of one field of the schema. */
function understood<S extends TSchema>(schema: S, text: string | undefined, wrap: (value: unknown) => unknown) {
  if (text === undefined) return undefined;
  try {
    const { object, unsupported } = decodeWith(schema, wrap(JSON.parse(text)), 'annotation');
    return unsupported.length === 0 ? object : undefined;
  } catch {
    return undefined;
  }
}

const flatLists = (field: 'metrics' | 'currentMetrics' | 'conditions', text: string | undefined) =>
  understood(FlatListsSchema, text, (value) => ({ [field]: value }));

const isCpu = ({ resource, type }: { type: string; resource?: { name: string } }): boolean =>
  type === 'Resource' && resource?.name === 'cpu';

/** Without fields that are there and undefined. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** The keys of Go's fields (`ScaleUp`), as the annotation of the behavior has them, or back. */
function renamed(value: unknown, rename: (letter: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [rename(key.slice(0, 1)) + key.slice(1), renamed(item, rename)]),
  );
}
const goNames = (value: unknown): unknown => renamed(value, (letter) => letter.toUpperCase());
const jsonNames = (value: unknown): unknown => renamed(value, (letter) => letter.toLowerCase());

/** What v1 shows of the metrics: a number, and an annotation. */
interface Shown {
  readonly percent?: number;
  readonly kept?: string;
}

function showMetrics(metrics: Metrics): Shown {
  const isShown = (metric: MetricSpec) => isCpu(metric) && metric.resource?.target.averageUtilization !== undefined;
  const others = metrics.filter((metric) => !isShown(metric));
  return {
    percent: metrics.find(isShown)?.resource?.target.averageUtilization,
    kept: others.length > 0 ? JSON.stringify(others.map(flatSpec)) : undefined,
  };
}

function readMetrics({ percent, kept }: Shown): MetricSpec[] {
  const others = (flatLists('metrics', kept)?.metrics ?? []).map(fullSpec);
  const target = { type: 'Utilization', averageUtilization: percent } as const;
  return plain(percent === undefined ? others : [...others, { type: 'Resource', resource: { name: 'cpu', target } }]);
}

function showStatuses(statuses: Statuses): Shown {
  return {
    percent: statuses.findLast((status) => isCpu(status) && status.resource?.current.averageUtilization !== undefined)
      ?.resource?.current.averageUtilization,
    kept: statuses.length > 0 ? JSON.stringify(statuses.map(flatStatus)) : undefined,
  };
}

function readStatuses({ percent, kept }: Shown): MetricStatus[] {
  const flat = flatLists('currentMetrics', kept)?.currentMetrics;
  if (flat) return plain(flat.map(fullStatus));
  const current = { averageUtilization: percent };
  return percent === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', current } }];
}

const sameShown = (one: Shown, other: Shown): boolean =>
  one.percent === other.percent && (one.kept ?? '') === (other.kept ?? '');

const orAbsent = <T>(items: readonly T[] | undefined): T[] | undefined => (items?.length ? [...items] : undefined);

/** What v1 shows, and every annotation it takes. Fields that are not set are left out. */
export function fromStoredAutoscaler(object: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { metadata, spec, status } = object;
  const metrics = showMetrics(spec?.metrics ?? []);
  const statuses = showStatuses(status?.currentMetrics ?? []);
  const isLossy = {
    metrics: !equalJson(readMetrics(metrics), spec?.metrics ?? []),
    currentMetrics: !equalJson(readStatuses(statuses), status?.currentMetrics ?? []),
  };
  const exact = {
    ...(isLossy.metrics && { metrics: spec.metrics }),
    ...(isLossy.currentMetrics && { currentMetrics: status?.currentMetrics }),
  };
  const texts: Record<string, string | undefined> = {
    [ROUND_TRIP.metrics]: metrics.kept,
    [ROUND_TRIP.currentMetrics]: statuses.kept,
    [ROUND_TRIP.conditions]: status?.conditions?.length ? JSON.stringify(status.conditions) : undefined,
    [ROUND_TRIP.behavior]: spec?.behavior && JSON.stringify(goNames(spec.behavior)),
    [ROUND_TRIP.exact]: Object.keys(exact).length > 0 ? JSON.stringify(exact) : undefined,
  };
  const annotations = { ...withoutRoundTrip(metadata?.annotations), ...plain(texts as Annotations) };
  const { annotations: _, ...meta } = metadata ?? {};
  const { maxReplicas, minReplicas, scaleTargetRef } = spec ?? {};
  return defined({
    apiVersion: 'autoscaling/v1',
    kind: object.kind,
    metadata: Object.keys(annotations).length > 0 ? { ...meta, annotations } : meta,
    spec: defined({ maxReplicas, minReplicas, scaleTargetRef, targetCPUUtilizationPercentage: metrics.percent }),
    status:
      status &&
      defined({
        currentCPUUtilizationPercentage: statuses.percent,
        currentReplicas: status.currentReplicas ?? 0,
        desiredReplicas: status.desiredReplicas,
        lastScaleTime: status.lastScaleTime,
        observedGeneration: status.observedGeneration,
      }),
  });
}

const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;

export function toStoredAutoscaler(object: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { metadata, spec, status } = object;
  const annotations: Annotations = metadata?.annotations ?? {};
  const exact = understood(ExactSchema, annotations[ROUND_TRIP.exact], (value) => value) ?? {};
  const metrics = { percent: spec?.targetCPUUtilizationPercentage, kept: annotations[ROUND_TRIP.metrics] };
  const statuses = { percent: status?.currentCPUUtilizationPercentage, kept: annotations[ROUND_TRIP.currentMetrics] };
  const isMetrics = exact.metrics && sameShown(showMetrics(exact.metrics), metrics);
  const isStatuses = exact.currentMetrics && sameShown(showStatuses(exact.currentMetrics), statuses);
  const kept = withoutRoundTrip(annotations);
  const { annotations: _, ...meta } = metadata ?? {};
  const { maxReplicas, minReplicas, scaleTargetRef } = spec ?? {};
  return defined({
    apiVersion: 'autoscaling/v2',
    kind: object.kind,
    metadata: kept ? { ...meta, annotations: kept } : meta,
    spec: defined({
      behavior: behaviorOf(annotations[ROUND_TRIP.behavior]),
      maxReplicas,
      metrics: orAbsent(isMetrics ? exact.metrics : readMetrics(metrics)),
      minReplicas,
      scaleTargetRef,
    }),
    status:
      status &&
      defined({
        conditions: orAbsent(flatLists('conditions', annotations[ROUND_TRIP.conditions])?.conditions),
        currentMetrics: orAbsent(isStatuses ? exact.currentMetrics : readStatuses(statuses)),
        currentReplicas: status.currentReplicas || undefined,
        desiredReplicas: status.desiredReplicas,
        lastScaleTime: status.lastScaleTime,
        observedGeneration: status.observedGeneration,
      }),
  });
}

const behaviorOf = (text: string | undefined): ScalingBehavior | undefined =>
  understood(BehaviorSchema, text, (value) => ({ behavior: jsonNames(value) }))?.behavior;
