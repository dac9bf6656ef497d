import type { Node } from '../../../api/core/node.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { type Taint, tolerates, untoleratedTaint } from '../../../api/core/taints.ts';
import type { Constraint } from './constraint.ts';
import type { NodePredicate } from './node-affinity.ts';

const REPELLING = ['NoSchedule', 'NoExecute'] as const;
/** Points of a node without taints that put the pod off: weight 3, of 100. */
const MOST_POINTS = 300;

/** A pod must tolerate every NoSchedule and NoExecute taint of a node (Kubernetes docs, "Taints and Tolerations"). */
export const taints: Constraint = {
  name: 'taints',
  bearing({ spec }) {
    let text = 'tolerates';
    // For how long a taint is borne has no bearing on placement.
    for (const { key = '', operator = '', value = '', effect = '' } of spec.tolerations ?? [])
      text += ` ${key} ${operator} ${value} ${effect},`;
    return text;
  },
  compile({ spec: { tolerations } }) {
    const puttingOff = (node: Node) => {
      let count = 0;
      for (const taint of node.spec?.taints ?? [])
        if (taint.effect === 'PreferNoSchedule' && !tolerates(tolerations, taint)) count++;
      return count;
    };
    return {
      node: {
        admits: (node) => !untoleratedTaint(tolerations, node.spec?.taints, REPELLING),
        refusal: (node) => untolerated(untoleratedTaint(tolerations, node.spec?.taints, REPELLING)),
      },
      worth: (node) => MOST_POINTS / (1 + puttingOff(node)),
    };
  },
};

const untolerated = (taint: Taint | undefined) =>
  `node(s) had untolerated taint {${taint?.key}: ${taint?.value ?? ''}}`;

/** Nodes without a NoSchedule or NoExecute taint that the pod does not tolerate. */
export function taintsAdmit({ tolerations }: PodSpec): NodePredicate {
  return (node) => !untoleratedTaint(tolerations, node.spec?.taints, REPELLING);
}
