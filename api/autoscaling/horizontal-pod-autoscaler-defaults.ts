import type { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import type { ScalingRules } from './scaling-behavior.ts';

/** Percent of requested cpu at which a workload is kept that names no metric. */
const CPU_UTILIZATION = 80;
const PERIOD_SECONDS = 15;

/** Annotations in which autoscaling/v1 keeps what it has no fields for; objects of this version have none of them. */
export const ROUND_TRIP = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
  /** What the forms above cannot say either. */
  exact: 'autoscaling.stowage.dev/exact',
} as const;
const ROUND_TRIP_KEYS: ReadonlySet<string> = new Set(Object.values(ROUND_TRIP));

/** The annotations without those of the round trip; undefined when none are left. */
export function withoutRoundTrip(annotations: Record<string, string> | undefined): Record<string, string> | undefined {
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !ROUND_TRIP_KEYS.has(key));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** Whoever says anything of the behavior gets the rest of it filled in, but for the window downwards: that is the controller's. */
function setRules(rules: ScalingRules, policies: ScalingRules['policies'], windowSeconds?: number): void {
  rules.selectPolicy ||= 'Max';
  rules.policies ??= policies;
  if (windowSeconds !== undefined) rules.stabilizationWindowSeconds ??= windowSeconds;
}

export function setHorizontalPodAutoscalerDefaults({ metadata, spec, status }: HorizontalPodAutoscaler): void {
  // No pods is what an absent number means; v1 has no other way to say it.
  if (status?.currentReplicas === 0) delete status.currentReplicas;
  if (metadata?.annotations) {
    const kept = withoutRoundTrip(metadata.annotations);
    if (kept) metadata.annotations = kept;
    else delete metadata.annotations;
  }
  spec.minReplicas ??= 1;
  if (!spec.metrics?.length) {
    const target = { type: 'Utilization', averageUtilization: CPU_UTILIZATION } as const;
    spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
  }
  if (!spec.behavior) return;
  const byPercent = { type: 'Percent', value: 100, periodSeconds: PERIOD_SECONDS } as const;
  spec.behavior.scaleUp ??= {};
  setRules(spec.behavior.scaleUp, [{ type: 'Pods', value: 4, periodSeconds: PERIOD_SECONDS }, byPercent], 0);
  spec.behavior.scaleDown ??= {};
  setRules(spec.behavior.scaleDown, [byPercent]);
}
