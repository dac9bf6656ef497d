import { conditionFields } from '../core/conditions.ts';
import { int32, list, optional, quantity, type Static, string, struct } from '../meta/schema.ts';
import { LabelSelectorSchema } from '../meta/selector.ts';
import { CrossVersionObjectReferenceSchema, type MetricSpec, type MetricStatus, metricType } from './metric.ts';

/**
 * Metrics in the flat form of autoscaling/v1, which has them in annotations only. It cannot tell every metric of v2 apart:
 * whoever uses it compares what comes back.
 */

const V1 = 'io.k8s.api.autoscaling.v1';

const metricName = string('Name of the metric.');
const selector = optional(LabelSelectorSchema);
const amount = optional(quantity('An amount.'));
const percent = optional(int32('Percent of what is requested.'));
const ofResource = { name: string('The resource.') };
const ofContainer = { ...ofResource, container: string('The container.') };
const ofObject = { target: CrossVersionObjectReferenceSchema, metricName, selector, averageValue: amount };
const ofPods = { metricName, selector };
const ofExternal = { metricName, metricSelector: selector };
const wanted = { targetAverageUtilization: percent, targetAverageValue: amount };
const seen = { currentAverageUtilization: percent, currentAverageValue: amount };

const FlatSpecSchema = struct(`${V1}.MetricSpec`, 'A metric, and the value it is kept at.', {
  type: metricType,
  containerResource: optional(struct(`${V1}.ContainerResourceMetricSource`, '', { ...ofContainer, ...wanted })),
  external: optional(
    struct(`${V1}.ExternalMetricSource`, '', { ...ofExternal, targetValue: amount, targetAverageValue: amount }),
  ),
  object: optional(struct(`${V1}.ObjectMetricSource`, '', { ...ofObject, targetValue: amount })),
  pods: optional(struct(`${V1}.PodsMetricSource`, '', { ...ofPods, targetAverageValue: amount })),
  resource: optional(struct(`${V1}.ResourceMetricSource`, '', { ...ofResource, ...wanted })),
});
type FlatSpec = Static<typeof FlatSpecSchema>;

const FlatStatusSchema = struct(`${V1}.MetricStatus`, 'A metric, and the value last seen.', {
  type: metricType,
  containerResource: optional(struct(`${V1}.ContainerResourceMetricStatus`, '', { ...ofContainer, ...seen })),
  external: optional(
    struct(`${V1}.ExternalMetricStatus`, '', { ...ofExternal, currentValue: amount, currentAverageValue: amount }),
  ),
  object: optional(struct(`${V1}.ObjectMetricStatus`, '', { ...ofObject, currentValue: amount })),
  pods: optional(struct(`${V1}.PodsMetricStatus`, '', { ...ofPods, currentAverageValue: amount })),
  resource: optional(struct(`${V1}.ResourceMetricStatus`, '', { ...ofResource, ...seen })),
});
type FlatStatus = Static<typeof FlatStatusSchema>;

/** What the annotations hold, each under the name of the annotation in `ROUND_TRIP`. */
export const FlatListsSchema = struct(`${V1}.FlatLists`, '', {
  metrics: optional(list(FlatSpecSchema, '')),
  currentMetrics: optional(list(FlatStatusSchema, '')),
  conditions: optional(list(struct(`${V1}.HorizontalPodAutoscalerCondition`, '', conditionFields), '')),
});

/** Go writes a missing amount that is no pointer as zero. */
const ZERO = '0';

export function flatSpec({ type, containerResource, external, object, pods, resource }: MetricSpec): FlatSpec {
  const wantedOf = ({ averageUtilization, averageValue }: NonNullable<MetricSpec['resource']>['target']) => ({
    targetAverageUtilization: averageUtilization,
    targetAverageValue: averageValue,
  });
  return {
    type,
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      ...wantedOf(containerResource.target),
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      targetValue: external.target.value,
      targetAverageValue: external.target.averageValue,
    },
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      selector: object.metric.selector,
      targetValue: object.target.value ?? ZERO,
      averageValue: object.target.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      selector: pods.metric.selector,
      targetAverageValue: pods.target.averageValue ?? ZERO,
    },
    resource: resource && { name: resource.name, ...wantedOf(resource.target) },
  };
}

type Wanted = { targetAverageUtilization?: number; targetAverageValue?: string };

const targetOf = ({ targetAverageUtilization, targetAverageValue }: Wanted) => ({
  type: targetAverageUtilization === undefined ? ('AverageValue' as const) : ('Utilization' as const),
  averageUtilization: targetAverageUtilization,
  averageValue: targetAverageValue,
});

export function fullSpec({ type, containerResource, external, object, pods, resource }: FlatSpec): MetricSpec {
  return {
    type,
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      target: targetOf(containerResource),
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      target: {
        type: external.targetValue === undefined ? 'AverageValue' : 'Value',
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      },
    },
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      target:
        object.averageValue === undefined
          ? { type: 'Value', value: object.targetValue }
          : { type: 'AverageValue', averageValue: object.averageValue, value: present(object.targetValue) },
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    },
    resource: resource && { name: resource.name, target: targetOf(resource) },
  };
}

/** Zero stands for an amount that is missing. */
const present = (value: string | undefined): string | undefined => (value === ZERO ? undefined : value);

export function flatStatus({ type, containerResource, external, object, pods, resource }: MetricStatus): FlatStatus {
  const seenOf = ({ averageUtilization, averageValue }: NonNullable<MetricStatus['resource']>['current']) => ({
    currentAverageUtilization: averageUtilization,
    currentAverageValue: averageValue ?? ZERO,
  });
  return {
    type,
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      ...seenOf(containerResource.current),
    },
    external: external && {
      metricName: external.metric.name,
      metricSelector: external.metric.selector,
      currentValue: external.current.value ?? ZERO,
      currentAverageValue: external.current.averageValue,
    },
    object: object && {
      target: object.describedObject,
      metricName: object.metric.name,
      selector: object.metric.selector,
      currentValue: object.current.value ?? ZERO,
      averageValue: object.current.averageValue,
    },
    pods: pods && {
      metricName: pods.metric.name,
      selector: pods.metric.selector,
      currentAverageValue: pods.current.averageValue ?? ZERO,
    },
    resource: resource && { name: resource.name, ...seenOf(resource.current) },
  };
}

type Seen = { currentAverageUtilization?: number; currentAverageValue?: string };

const currentOf = ({ currentAverageUtilization, currentAverageValue }: Seen) => ({
  averageUtilization: currentAverageUtilization,
  averageValue: currentAverageValue,
});

export function fullStatus({ type, containerResource, external, object, pods, resource }: FlatStatus): MetricStatus {
  return {
    type,
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      current: currentOf(containerResource),
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      current: { value: external.currentValue, averageValue: external.currentAverageValue },
    },
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      current: { value: object.currentValue, averageValue: object.averageValue },
    },
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name, current: currentOf(resource) },
  };
}
