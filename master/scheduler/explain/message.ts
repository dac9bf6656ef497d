import type { Explanation } from '../explanation.ts';

/** Remedies in a pod's condition; `why` gives more. */
const MOST_REMEDIES = 3;
/** Reasons in the one line: a cell where every node has a taint of its own has thousands. */
const MOST_REASONS = 16;

/**
 * Why a pod is pending, in the form kubectl's users know: `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were
 * unschedulable.` Reasons are in alphabetical order so that equal states read equal.
 */
export function unschedulableMessage(nodeCount: number, counts: ReadonlyMap<string, number>): string {
  if (nodeCount === 0) return 'no nodes available to schedule pods';
  const frequent = [...counts].sort(byFrequency).slice(0, MOST_REASONS);
  const reasons = frequent.map(([reason, count]) => `${count} ${reason}`).sort();
  const others = counts.size - frequent.length;
  return `0/${nodeCount} nodes are available: ${reasons.join(', ')}${others > 0 ? `, and ${others} other reasons` : ''}.`;
}

/** The most frequent first; of equals always the same. */
export const byFrequency = ([a, countA]: readonly [string, number], [b, countB]: readonly [string, number]): number =>
  countB - countA || (a < b ? -1 : 1);

/** The whole of it in one paragraph, for the pod's condition and event. */
export function conditionMessage({ message, nearest, remedies }: Explanation): string {
  const near = nearest ? ` Nearest: ${nearest.node} lacks ${nearest.lacks.join('; ')}.` : '';
  const helping = remedies.slice(0, MOST_REMEDIES).map(({ text }) => text);
  return message + near + (helping.length > 0 ? ` What would help: ${helping.join('; ')}.` : '');
}
