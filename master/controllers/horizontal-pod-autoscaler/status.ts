import {
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerStatus,
  horizontalPodAutoscalers,
} from '../../../api/autoscaling/horizontal-pod-autoscaler.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Condition, withCondition } from '../kit/conditions.ts';
import { type Decision, event, updateStatus } from '../kit/decision.ts';
import type { Decided } from './behavior.ts';
import type { Failure, Wish } from './metrics.ts';

export const COMPONENT = 'horizontal-pod-autoscaler';

/** What one look came to. */
export type Verdict =
  | { readonly type: 'noTarget'; readonly why: string }
  /** Somebody has set the target to no pods. */
  | { readonly type: 'disabled'; readonly current: number }
  | { readonly type: 'blind'; readonly current: number; readonly replicas: number; readonly failure: Failure }
  | {
      readonly type: 'seen';
      readonly current: number;
      readonly wish: Wish;
      readonly wishes: readonly Wish[];
      readonly decided: Decided;
    };

/** Writes what was seen and decided when it changed, and tells of failures. */
export function statusDecisions(autoscaler: HorizontalPodAutoscaler, verdict: Verdict, nowMs: number): Decision[] {
  const nowText = timestamp(nowMs);
  const before = autoscaler.status ?? { desiredReplicas: 0 };
  const conditions = conditionsOf(verdict).reduce(
    (list, condition) => withCondition(list, condition, nowText),
    (before.conditions as Condition[] | undefined) ?? [],
  );
  const next = {
    ...before,
    ...numbersOf(verdict, before, nowText),
    conditions,
    observedGeneration: metaOf(autoscaler).generation,
  } as HorizontalPodAutoscalerStatus;
  const notes =
    verdict.type === 'blind' || verdict.type === 'noTarget' ? [event(failureNote(autoscaler, verdict))] : [];
  if (sameJson(next, before)) return notes;
  return [
    updateStatus(horizontalPodAutoscalers, autoscaler, (current) => {
      current.status = { ...current.status, ...next };
    }),
    ...notes,
  ];
}

function numbersOf(
  verdict: Verdict,
  before: HorizontalPodAutoscalerStatus,
  nowText: string,
): Partial<HorizontalPodAutoscalerStatus> {
  if (verdict.type === 'noTarget') return {};
  const { current } = verdict;
  const replicas = verdict.type === 'seen' ? verdict.decided.replicas : verdict.type === 'blind' ? verdict.replicas : 0;
  return {
    currentReplicas: current,
    desiredReplicas: replicas,
    currentMetrics: verdict.type === 'seen' ? verdict.wishes.map(({ status }) => status) : before.currentMetrics,
    lastScaleTime: verdict.type !== 'disabled' && replicas !== current ? nowText : before.lastScaleTime,
  };
}

function conditionsOf(verdict: Verdict): Condition[] {
  const condition = (type: string, status: Condition['status'], reason: string, message: string): Condition => ({
    ...{ type, status, reason, message },
  });
  switch (verdict.type) {
    case 'noTarget':
      return [
        condition(
          'AbleToScale',
          'False',
          'FailedGetScale',
          `the HPA controller was unable to get the target's current scale: ${verdict.why}`,
        ),
      ];
    case 'disabled':
      return [
        condition(
          'AbleToScale',
          'True',
          'SucceededGetScale',
          "the HPA controller was able to get the target's current scale",
        ),
        condition(
          'ScalingActive',
          'False',
          'ScalingDisabled',
          'scaling is disabled since the replica count of the target is zero',
        ),
      ];
    case 'blind':
      return [
        condition(
          'AbleToScale',
          'True',
          'SucceededGetScale',
          "the HPA controller was able to get the target's current scale",
        ),
        condition('ScalingActive', 'False', verdict.failure.reason, verdict.failure.message),
      ];
    case 'seen': {
      const { decided, wish } = verdict;
      const able = decided.stabilized
        ? condition(
            'AbleToScale',
            'True',
            'ScaleDownStabilized',
            'recent recommendations were higher than current one, applying the highest recent recommendation',
          )
        : condition(
            'AbleToScale',
            'True',
            'ReadyForNewScale',
            'recommended size matches what is set or may be set now',
          );
      const limited = decided.limited
        ? condition('ScalingLimited', 'True', decided.limited.reason, decided.limited.message)
        : condition(
            'ScalingLimited',
            'False',
            'DesiredWithinRange',
            'the desired count is within the acceptable range',
          );
      const active = `the HPA was able to successfully calculate a replica count from ${wish.what}`;
      return [able, condition('ScalingActive', 'True', 'ValidMetricFound', active), limited];
    }
  }
}

function failureNote(about: HorizontalPodAutoscaler, verdict: Extract<Verdict, { type: 'blind' | 'noTarget' }>) {
  const { reason, message } =
    verdict.type === 'blind' ? verdict.failure : { reason: 'FailedGetScale', message: verdict.why };
  return { about, component: COMPONENT, type: 'Warning', reason, message } as const;
}
