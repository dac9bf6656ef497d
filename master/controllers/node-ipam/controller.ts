import { type Node, nodes } from '../../../api/core/node.ts';
import { KEPT_RANGE, TAKEN_RANGES } from '../../../api/core/node-network.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { parseIpv4Range } from '../../../api/networking/ipv4.ts';
import type { NetworkSettings } from '../../network-settings.ts';
import { type Controller, keyOf, watch } from '../kit/controller.ts';
import { event, update } from '../kit/decision.ts';
import { NodeRanges } from './node-ranges.ts';

/**
 * Gives each node a range for its pods (Kubernetes docs, "Nodes", "Node controller": CIDR assignment), no two nodes the same; it is free
 * again when the Node is gone. A range never changes: addresses of pods are in it.
 */
export function nodeIpamController({ podCidr, nodeCidrBits }: NetworkSettings): Controller {
  const ranges = new NodeRanges(podCidr, nodeCidrBits);
  return {
    name: 'node-ipam',
    watches: [
      watch(nodes, ({ type, object }) => {
        const key = keyOf(object);
        const has = object.spec?.podCIDR;
        if (type === 'deleted') ranges.forget(key);
        else if (has) ranges.note(key, has);
        return has && type !== 'deleted' ? [] : [key];
      }),
    ],
    reconcile(view, key) {
      const node = view.get(nodes, undefined, key);
      if (!node || node.spec?.podCIDR || metaOf(node).deletionTimestamp) return [];
      const { annotations = {} } = metaOf(node);
      const taken = (annotations[TAKEN_RANGES] ?? '').split(',').flatMap((text) => parseIpv4Range(text) ?? []);
      const range = ranges.assign(key, annotations[KEPT_RANGE], taken);
      return [range === undefined ? event(exhausted(node)) : update(nodes, node, (current) => give(current, range))];
    },
  };
}

function give(node: Node, range: string): void {
  if (node.spec?.podCIDR) return;
  node.spec = { ...node.spec, podCIDR: range, podCIDRs: [range] };
}

/** In Kubernetes' words. */
const exhausted = (node: Node) => ({
  about: node,
  type: 'Warning' as const,
  reason: 'CIDRNotAvailable',
  message: `Node ${metaOf(node).name} status is now: CIDRNotAvailable: no range is left in --pod-cidr that its machine does not use otherwise; widen it, or make --node-cidr-bits larger`,
  component: 'node-ipam-controller',
});
