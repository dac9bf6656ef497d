import { conditionOf } from '../../api/core/conditions.ts';
import { timestamp } from '../../platform/clock.ts';

interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  lastTransitionTime?: string;
}

/**
 * Conditions after a report: those it names are taken from it, the others (which other parts of the master set) stay. The time of
 * transition is kept while the status is the same ("Node conditions" and "Pod conditions" in Kubernetes' documentation).
 */
export function mergeConditions<C extends Condition>(
  current: readonly C[] | undefined,
  reported: readonly C[] | undefined,
  nowMs: number,
): C[] {
  const merged = (reported ?? []).map((condition) => {
    const before = conditionOf(current, condition.type);
    const unchanged = before?.status === condition.status;
    const since = unchanged ? before.lastTransitionTime : condition.lastTransitionTime;
    return { ...condition, lastTransitionTime: since ?? timestamp(nowMs) };
  });
  const kept = (current ?? []).filter((condition) => !conditionOf(reported, condition.type));
  return [...merged, ...kept];
}
