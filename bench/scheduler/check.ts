import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { metaOf } from '../../api/meta/object.ts';
import { quantityMilli } from '../../api/meta/quantity.ts';
import type { Placed } from './workload.ts';

/** Throws unless every pod is on a node that exists, and no node holds more than it can. Shares no code with the scheduler. */
export function placements(nodes: Iterable<Node>, pods: Iterable<Pod>): Placed[] {
  const byName = new Map([...nodes].map((node) => [metaOf(node).name ?? '', node]));
  const placed = [...pods].map((pod) => {
    const { nodeName = '' } = pod.spec ?? {};
    const node = byName.get(nodeName);
    if (!node)
      throw new Error(`pod ${metaOf(pod).namespace}/${metaOf(pod).name} is on "${nodeName}", which is no node`);
    return { pod, node };
  });
  for (const [node, onNode] of grouped(placed)) refuseOvercommitted(node, onNode);
  return placed;
}

function grouped(placed: readonly Placed[]): Map<Node, Pod[]> {
  const groups = new Map<Node, Pod[]>();
  for (const { pod, node } of placed) {
    const group = groups.get(node);
    if (group) group.push(pod);
    else groups.set(node, [pod]);
  }
  return groups;
}

function refuseOvercommitted(node: Node, pods: readonly Pod[]): void {
  const room = node.status?.allocatable ?? {};
  const taken: Record<string, number> = { pods: 1000 * pods.length };
  for (const { resources } of pods.flatMap(({ spec }) => spec?.containers ?? [])) {
    for (const [name, amount] of Object.entries(resources?.requests ?? {})) {
      taken[name] = (taken[name] ?? 0) + quantityMilli(amount);
    }
  }
  for (const [name, amount] of Object.entries(taken)) {
    if (amount <= quantityMilli(room[name] ?? '0')) continue;
    throw new Error(
      `node ${metaOf(node).name} has ${room[name] ?? 'no'} ${name}; its ${pods.length} pods take ${amount}m`,
    );
  }
}
