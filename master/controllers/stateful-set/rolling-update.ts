import type { Decision } from '../kit/decision.ts';
import { shareOf } from '../kit/share.ts';
import { isTerminating } from '../pods/pod-state.ts';
import { type Census, replicasOf, startOf } from './census.ts';
import { removed } from './scaling.ts';

/**
 * Removes pods of earlier templates, the highest number first, down to the partition, as long as no more than `maxUnavailable` are
 * down (Kubernetes docs, "StatefulSets", "Update strategies"); they come back with the present template. One that is down already is
 * lost to nobody.
 */
export function updateDecisions(census: Census): Decision[] {
  const { set, seats } = census;
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  if (type === 'OnDelete') return [];
  const first = startOf(set) + (rollingUpdate?.partition ?? 0);
  const most = Math.max(1, shareOf(rollingUpdate?.maxUnavailable ?? 1, replicasOf(set), Math.ceil));
  let down = seats.filter(({ healthy }) => !healthy).length;
  const decisions: Decision[] = [];
  for (const { ordinal, pod, healthy, updated } of seats.toReversed()) {
    if (ordinal < first || !pod || updated || isTerminating(pod)) continue;
    if (healthy && down >= most) break;
    if (healthy) down++;
    decisions.push(removed(census, pod));
  }
  return decisions;
}
