import type { Explanation } from '../explanation.ts';

/** Remedies in a pod's condition; `why` gives all. */
const MOST_REMEDIES = 3;

/**
 * Why a pod is pending, in the form kubectl's users know: `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were
 * unschedulable.` Reasons are in alphabetical order so that equal states read equal.
 */
export function unschedulableMessage(nodeCount: number, counts: ReadonlyMap<string, number>): string {
  if (nodeCount === 0) return 'no nodes available to schedule pods';
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available: ${reasons.join(', ')}.`;
}

/** The whole of it in one paragraph, for the pod's condition and event. */
export function conditionMessage({ message, nearest, remedies }: Explanation): string {
  const near = nearest ? ` Nearest: ${nearest.node} lacks ${nearest.lacks.join('; ')}.` : '';
  const helping = remedies.slice(0, MOST_REMEDIES).map(({ text }) => text);
  return message + near + (helping.length > 0 ? ` What would help: ${helping.join('; ')}.` : '');
}
