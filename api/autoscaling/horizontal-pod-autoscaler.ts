import { conditionFields, conditionList } from '../core/conditions.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { described, int32, int64, list, optional, type Static, struct, time } from '../meta/schema.ts';
import { horizontalPodAutoscalerColumns } from './horizontal-pod-autoscaler-columns.ts';
import { setHorizontalPodAutoscalerDefaults } from './horizontal-pod-autoscaler-defaults.ts';
import {
  validateHorizontalPodAutoscaler,
  validateHorizontalPodAutoscalerStatus,
} from './horizontal-pod-autoscaler-validation.ts';
import { CrossVersionObjectReferenceSchema, MetricSpecSchema, MetricStatusSchema } from './metric.ts';
import { ScalingBehaviorSchema } from './scaling-behavior.ts';

/** Keeps a metric of a workload at a value by changing the number of its pods ("Horizontal Pod Autoscaling"). */

const V2 = 'io.k8s.api.autoscaling.v2';

export const HorizontalPodAutoscalerSpecSchema = struct(
  `${V2}.HorizontalPodAutoscalerSpec`,
  'What an autoscaler should do.',
  {
    behavior: optional(ScalingBehaviorSchema),
    maxReplicas: int32('Most pods; not less than minReplicas.'),
    metrics: optional(
      list(MetricSpecSchema, 'Metrics, of which the one that asks for most pods counts; default 80% of requested cpu.'),
    ),
    minReplicas: optional(int32('Least pods; default 1.')),
    scaleTargetRef: described(CrossVersionObjectReferenceSchema, 'What is scaled; it must have the scale subresource.'),
  },
);
export type HorizontalPodAutoscalerSpec = Static<typeof HorizontalPodAutoscalerSpecSchema>;

export const HorizontalPodAutoscalerConditionSchema = struct(
  `${V2}.HorizontalPodAutoscalerCondition`,
  'Something that is or is not true of an autoscaler.',
  conditionFields,
);

export const HorizontalPodAutoscalerStatusSchema = struct(
  `${V2}.HorizontalPodAutoscalerStatus`,
  'What an autoscaler sees and wants.',
  {
    conditions: optional(conditionList(HorizontalPodAutoscalerConditionSchema)),
    currentMetrics: optional(list(MetricStatusSchema, 'Values last seen, in the order of the metrics.')),
    currentReplicas: optional(int32('Pods there are.')),
    desiredReplicas: int32('Pods there should be.'),
    lastScaleTime: optional(time('When it last changed their number.')),
    observedGeneration: optional(int64('Generation this status speaks of.')),
  },
);
export type HorizontalPodAutoscalerStatus = Static<typeof HorizontalPodAutoscalerStatusSchema>;

export const HorizontalPodAutoscalerSchema = struct(
  `${V2}.HorizontalPodAutoscaler`,
  'Changes the number of pods of a workload with its load.',
  {
    ...typeMeta,
    metadata,
    spec: HorizontalPodAutoscalerSpecSchema,
    status: optional(HorizontalPodAutoscalerStatusSchema),
  },
);
export type HorizontalPodAutoscaler = Static<typeof HorizontalPodAutoscalerSchema>;

/** What all versions of the kind have in common. */
export const horizontalPodAutoscalerNames = {
  group: 'autoscaling',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
} as const;

export const horizontalPodAutoscalers = defineResource<HorizontalPodAutoscaler>({
  ...horizontalPodAutoscalerNames,
  version: 'v2',
  schema: HorizontalPodAutoscalerSchema,
  columns: horizontalPodAutoscalerColumns,
  setDefaults: setHorizontalPodAutoscalerDefaults,
  validate: validateHorizontalPodAutoscaler,
  validateStatus: validateHorizontalPodAutoscalerStatus,
});
