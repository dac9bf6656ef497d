import {
  described,
  int32,
  oneOf,
  optional,
  quantity,
  type Static,
  string,
  struct,
  type TSchema,
} from '../meta/schema.ts';
import { LabelSelectorSchema } from '../meta/selector.ts';

/** What an autoscaler looks at, and what it saw ("Horizontal Pod Autoscaling"). */

const V2 = 'io.k8s.api.autoscaling.v2';

/** From a metric's type to the field that says more. */
export const METRIC_FIELDS = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const;
export type MetricField = (typeof METRIC_FIELDS)[keyof typeof METRIC_FIELDS];

export const metricType = oneOf('Which of the fields below is set.', [
  'ContainerResource',
  'External',
  'Object',
  'Pods',
  'Resource',
]);

const targetFields = {
  container: string('Container of the pods that is looked at.'),
  kind: string('Kind of the object.'),
  name: string('Name of the object.'),
  resource: string('The resource: cpu, memory, ...'),
};

export const CrossVersionObjectReferenceSchema = struct(
  `${V2}.CrossVersionObjectReference`,
  'Names an object in the same namespace.',
  { apiVersion: optional(string('API version of the object.')), kind: targetFields.kind, name: targetFields.name },
);
export type CrossVersionObjectReference = Static<typeof CrossVersionObjectReferenceSchema>;

const MetricIdentifierSchema = struct(`${V2}.MetricIdentifier`, 'Names a metric.', {
  name: string('Name of the metric.'),
  selector: optional(described(LabelSelectorSchema, 'Labels its series must have; default all.')),
});
export type MetricIdentifier = Static<typeof MetricIdentifierSchema>;

const MetricTargetSchema = struct(`${V2}.MetricTarget`, 'The value to be kept.', {
  averageUtilization: optional(int32('Average over the pods, in percent of what they request.')),
  averageValue: optional(quantity('Average over the pods.')),
  type: oneOf('Which of the other fields is meant.', ['Utilization', 'Value', 'AverageValue']),
  value: optional(quantity('The value itself.')),
});
export type MetricTarget = Static<typeof MetricTargetSchema>;

const MetricValueStatusSchema = struct(`${V2}.MetricValueStatus`, 'The value that was seen.', {
  averageUtilization: optional(int32('Average over the pods, in percent of what they request.')),
  averageValue: optional(quantity('Average over the pods.')),
  value: optional(quantity('The value itself.')),
});
export type MetricValueStatus = Static<typeof MetricValueStatusSchema>;

/** The five kinds of metrics, each with what names it and with `rest`: the target, or the value seen. */
function metricKinds<R extends Record<string, TSchema>>(suffix: 'Source' | 'Status', rest: R) {
  const describedObject = described(CrossVersionObjectReferenceSchema, 'The object the metric belongs to.');
  return {
    containerResource: optional(
      struct(`${V2}.ContainerResourceMetric${suffix}`, 'A resource used by one container of each pod.', {
        container: targetFields.container,
        name: targetFields.resource,
        ...rest,
      }),
    ),
    external: optional(
      struct(`${V2}.ExternalMetric${suffix}`, 'A metric of something outside the cell.', {
        metric: MetricIdentifierSchema,
        ...rest,
      }),
    ),
    object: optional(
      struct(`${V2}.ObjectMetric${suffix}`, 'A metric of one object.', {
        describedObject,
        metric: MetricIdentifierSchema,
        ...rest,
      }),
    ),
    pods: optional(
      struct(`${V2}.PodsMetric${suffix}`, 'A metric of each pod.', { metric: MetricIdentifierSchema, ...rest }),
    ),
    resource: optional(
      struct(`${V2}.ResourceMetric${suffix}`, 'A resource used by each pod.', { name: targetFields.resource, ...rest }),
    ),
  };
}

export const MetricSpecSchema = struct(`${V2}.MetricSpec`, 'A metric, and the value it is kept at.', {
  ...metricKinds('Source', { target: MetricTargetSchema }),
  type: metricType,
});
export type MetricSpec = Static<typeof MetricSpecSchema>;

export const MetricStatusSchema = struct(`${V2}.MetricStatus`, 'A metric, and the value last seen.', {
  ...metricKinds('Status', { current: MetricValueStatusSchema }),
  type: metricType,
});
export type MetricStatus = Static<typeof MetricStatusSchema>;
