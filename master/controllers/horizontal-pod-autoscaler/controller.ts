import {
  type HorizontalPodAutoscaler,
  horizontalPodAutoscalers,
} from '../../../api/autoscaling/horizontal-pod-autoscaler.ts';
import type { Catalogue } from '../../../api/meta/catalogue.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { quantityMilli } from '../../../api/meta/quantity.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type Controller, keyOf, lookUp, watch } from '../kit/controller.ts';
import { type Decision, event, update, wake } from '../kit/decision.ts';
import { type Decided, decide, type Memory, NO_MEMORY } from './behavior.ts';
import type { MetricSource } from './metric-source.ts';
import { type Failure, isFailure, type Measured, type Wish, wishOf } from './metrics.ts';
import type { Tolerance } from './proposal.ts';
import { COMPONENT, statusDecisions, type Verdict } from './status.ts';
import { podsOf, type Target, targetOf } from './target.ts';

/** How often an autoscaler looks (Kubernetes docs, "Horizontal Pod Autoscaling", "How does a HorizontalPodAutoscaler work?"). */
const PERIOD_MS = 15_000;
const TOLERANCE = 0.1;

/**
 * Gives workloads as many pods as their metrics ask for (Kubernetes docs, "Horizontal Pod Autoscaling"). What it remembers of its own
 * wishes and changes is lost with the master; then the window of caution begins anew.
 */
export function horizontalPodAutoscalerController(catalogue: Catalogue, source: MetricSource): Controller {
  const memories = new Map<string, Memory>();
  return {
    name: 'horizontal-pod-autoscaler',
    watches: [
      watch(horizontalPodAutoscalers, ({ type, object, previous }) => {
        if (type === 'deleted') memories.delete(metaOf(object).uid ?? '');
        // Its own status is no news.
        const changed = metaOf(object).generation !== previous?.metadata?.generation;
        return type === 'added' || changed ? [keyOf(object)] : [];
      }),
    ],
    reconcile(view, key, nowMs) {
      const autoscaler = lookUp(view, horizontalPodAutoscalers, key);
      if (!autoscaler || metaOf(autoscaler).deletionTimestamp) return [];
      const target = targetOf(view, catalogue, autoscaler);
      if (typeof target === 'string')
        return [...statusDecisions(autoscaler, { type: 'noTarget', why: target }, nowMs), wake(PERIOD_MS)];
      const { uid = '' } = metaOf(autoscaler);
      const { verdict, memory } = judge(view, autoscaler, target, source, memories.get(uid) ?? NO_MEMORY, nowMs);
      memories.set(uid, memory);
      return [...scaling(autoscaler, target, verdict), ...statusDecisions(autoscaler, verdict, nowMs), wake(PERIOD_MS)];
    },
  };
}

interface Judged {
  readonly verdict: Verdict;
  readonly memory: Memory;
}

function judge(
  view: CacheReader,
  autoscaler: HorizontalPodAutoscaler,
  target: Target,
  source: MetricSource,
  memory: Memory,
  nowMs: number,
): Judged {
  const { minReplicas = 1, maxReplicas, behavior, metrics = [] } = autoscaler.spec;
  const current = target.scale.specReplicas(target.object);
  if (current === 0 && minReplicas !== 0) return { verdict: { type: 'disabled', current }, memory };
  const bounds = { min: minReplicas, max: maxReplicas };
  const pods = podsOf(view, target);
  const namespace = metaOf(autoscaler).namespace ?? '';
  const measured: Measured = { namespace, pods, current, tolerance: toleranceOf(autoscaler), nowMs };
  const found = metrics.map((metric) => wishOf(metric, measured, source));
  const wishes = found.filter((one): one is Wish => !isFailure(one));
  const failure = found.find(isFailure);
  const wish = highest(wishes, failure, current);
  if (wish === undefined) {
    // What is known says nothing, but the bounds hold all the same.
    const replicas = Math.min(bounds.max, Math.max(bounds.min, current));
    return { verdict: { type: 'blind', current, replicas, failure: failure ?? NO_METRIC }, memory };
  }
  const decided: Decided = decide(wish.replicas, current, bounds, behavior, memory, nowMs);
  return { verdict: { type: 'seen', current, wish, wishes, decided }, memory: decided.memory };
}

const NO_METRIC: Failure = { reason: 'InvalidMetricSourceType', message: 'no metric is named' };

/** The metric that asks for most counts; while one cannot be read, the others must not take pods away. */
function highest(wishes: readonly Wish[], failure: Failure | undefined, current: number): Wish | undefined {
  const most = wishes.reduce<Wish | undefined>(
    (best, one) => (best && best.replicas >= one.replicas ? best : one),
    undefined,
  );
  return failure && most && most.replicas < current ? undefined : most;
}

function toleranceOf({ spec: { behavior } }: HorizontalPodAutoscaler): Tolerance {
  const of = (text: string | undefined) => (text === undefined ? TOLERANCE : quantityMilli(text) / 1_000);
  return { up: of(behavior?.scaleUp?.tolerance), down: of(behavior?.scaleDown?.tolerance) };
}

function scaling(autoscaler: HorizontalPodAutoscaler, target: Target, verdict: Verdict): Decision[] {
  const { resource, object, scale } = target;
  const replicas =
    verdict.type === 'seen' ? verdict.decided.replicas : verdict.type === 'blind' ? verdict.replicas : undefined;
  if (replicas === undefined || replicas === scale.specReplicas(object)) return [];
  const reason =
    verdict.type === 'seen' ? reasonOf(verdict.wish, replicas, verdict.current) : 'the bounds have changed';
  const message = `New size: ${replicas}; reason: ${reason}`;
  const note = {
    about: autoscaler,
    component: COMPONENT,
    type: 'Normal',
    reason: 'SuccessfulRescale',
    message,
  } as const;
  const before = scale.specReplicas(object);
  return [
    update(resource, object, (now) => {
      // Somebody else was quicker: the next look decides on what is there then.
      if (scale.specReplicas(now) === before) scale.setReplicas(now, replicas);
    }),
    event(note),
  ];
}

const reasonOf = ({ what }: Wish, replicas: number, current: number): string =>
  replicas > current ? `${what} above target` : 'All metrics below target';
