import { type Taint, tolerates } from '../../../api/core/taints.ts';
import type { Constraint } from './constraint.ts';

/** A pod must tolerate every NoSchedule and NoExecute taint of a node (Kubernetes docs, "Taints and Tolerations"). */
export const taints: Constraint = {
  name: 'TaintToleration',
  bearing: (spec) => spec.tolerations,
  compile(spec) {
    const tolerations = spec.tolerations ?? [];
    const untolerated = (all: readonly Taint[] | undefined) =>
      all?.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint));
    return {
      scope: 'node',
      admits: (node) => !untolerated(node.spec?.taints),
      refusal(node) {
        const taint = untolerated(node.spec?.taints);
        return `node(s) had untolerated taint {${taint?.key}: ${taint?.value ?? ''}}`;
      },
    };
  },
};
