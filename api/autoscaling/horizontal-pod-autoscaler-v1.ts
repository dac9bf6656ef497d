import { defineResource } from '../meta/definition.ts';
import { type ApiObject, metadata, typeMeta } from '../meta/object.ts';
import { atomicMap, described, int32, int64, optional, type Static, string, struct, time } from '../meta/schema.ts';
import {
  type HorizontalPodAutoscaler,
  horizontalPodAutoscalerNames,
  horizontalPodAutoscalers,
} from './horizontal-pod-autoscaler.ts';
import { fromStoredAutoscaler, toStoredAutoscaler } from './horizontal-pod-autoscaler-conversion.ts';
import {
  validateHorizontalPodAutoscaler,
  validateHorizontalPodAutoscalerStatus,
} from './horizontal-pod-autoscaler-validation.ts';

/** The older form of autoscalers, with a field for cpu only; they are kept as autoscaling/v2. */

const V1 = 'io.k8s.api.autoscaling.v1';

const ReferenceSchema = atomicMap(
  struct(`${V1}.CrossVersionObjectReference`, 'Names an object in the same namespace.', {
    apiVersion: optional(string('API version of the object.')),
    kind: string('Kind of the object.'),
    name: string('Name of the object.'),
  }),
);

export const HorizontalPodAutoscalerV1Schema = struct(
  `${V1}.HorizontalPodAutoscaler`,
  'Changes the number of pods of a workload with its load.',
  {
    ...typeMeta,
    metadata,
    spec: struct(`${V1}.HorizontalPodAutoscalerSpec`, 'What an autoscaler should do.', {
      maxReplicas: int32('Most pods; not less than minReplicas.'),
      minReplicas: optional(int32('Least pods; default 1.')),
      scaleTargetRef: described(ReferenceSchema, 'What is scaled; it must have the scale subresource.'),
      targetCPUUtilizationPercentage: optional(
        int32('Average use of cpu to be kept, in percent of what is requested; default 80.'),
      ),
    }),
    status: optional(
      struct(`${V1}.HorizontalPodAutoscalerStatus`, 'What an autoscaler sees and wants.', {
        currentCPUUtilizationPercentage: optional(
          int32('Average use of cpu last seen, in percent of what is requested.'),
        ),
        currentReplicas: int32('Pods there are.'),
        desiredReplicas: int32('Pods there should be.'),
        lastScaleTime: optional(time('When it last changed their number.')),
        observedGeneration: optional(int64('Generation this status speaks of.')),
      }),
    ),
  },
);
export type HorizontalPodAutoscalerV1 = Static<typeof HorizontalPodAutoscalerV1Schema>;

const stored = (object: ApiObject): HorizontalPodAutoscaler => toStoredAutoscaler(object as HorizontalPodAutoscalerV1);

export const horizontalPodAutoscalersV1 = defineResource<HorizontalPodAutoscalerV1>({
  ...horizontalPodAutoscalerNames,
  version: 'v1',
  schema: HorizontalPodAutoscalerV1Schema,
  stored: {
    resource: horizontalPodAutoscalers,
    toStored: stored,
    fromStored: (object) => fromStoredAutoscaler(object as HorizontalPodAutoscaler),
  },
  columns: horizontalPodAutoscalers.columns.map((column) => ({
    ...column,
    value: (object, nowMs) => column.value(stored(object), nowMs),
  })),
  setDefaults(object) {
    object.spec.minReplicas ??= 1;
    if (stored(object).spec.metrics) return;
    // What is kept of an autoscaler without metrics has the default one.
    const full = stored(object);
    horizontalPodAutoscalers.setDefaults(full);
    object.spec.targetCPUUtilizationPercentage = full.spec.metrics?.[0]?.resource?.target.averageUtilization;
  },
  validate: (object) => validateHorizontalPodAutoscaler(stored(object)),
  validateStatus: validateHorizontalPodAutoscalerStatus,
});
