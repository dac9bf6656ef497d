import { described, int32, list, oneOf, optional, quantity, type Static, struct } from '../meta/schema.ts';

/** How fast an autoscaler may go ("Horizontal Pod Autoscaling": configurable scaling behavior). */

const V2 = 'io.k8s.api.autoscaling.v2';

export const ScalingRulesSchema = struct(`${V2}.HPAScalingRules`, 'How fast it may go in one direction.', {
  policies: optional(
    list(
      struct(`${V2}.HPAScalingPolicy`, 'Most that may change in some time.', {
        periodSeconds: int32('The time in seconds, 1 to 1800.'),
        type: oneOf('Whether value counts pods or is a percentage of them.', ['Pods', 'Percent']),
        value: int32('Most that may change in that time.'),
      }),
      'Limits on changes; at least one.',
    ),
  ),
  selectPolicy: optional(
    oneOf('Which policy counts: that which allows most (Max, default) or least, or no change at all.', [
      'Max',
      'Min',
      'Disabled',
    ]),
  ),
  stabilizationWindowSeconds: optional(
    int32('Seconds, at most 3600, of which the most cautious wish counts; default 0 upwards, 300 downwards.'),
  ),
  tolerance: optional(quantity('Share by which the metric may be off before anything changes; default 0.1.')),
});
export type ScalingRules = Static<typeof ScalingRulesSchema>;

export const ScalingBehaviorSchema = struct(
  `${V2}.HorizontalPodAutoscalerBehavior`,
  'How fast it may go, in both directions.',
  {
    scaleDown: optional(described(ScalingRulesSchema, 'How fast it may go down; default down to minReplicas.')),
    scaleUp: optional(
      described(ScalingRulesSchema, 'How fast it may go up; default the more of 4 pods and 100% in 15 s.'),
    ),
  },
);
export type ScalingBehavior = Static<typeof ScalingBehaviorSchema>;
