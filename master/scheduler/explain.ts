/**
 * Why a pod is pending, in the form kubectl's users know: `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were
 * unschedulable.` Reasons are in alphabetical order so that equal states read equal.
 */
export function unschedulableMessage(nodeCount: number, refusals: ReadonlyMap<string, number>): string {
  if (nodeCount === 0) return 'no nodes available to schedule pods';
  const reasons = [...refusals].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available: ${reasons.join(', ')}.`;
}
