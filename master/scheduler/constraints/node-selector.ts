import type { Constraint } from './constraint.ts';

/** A node must carry every label of `spec.nodeSelector` (Kubernetes docs, "Assigning Pods to Nodes"). */
export const nodeSelector: Constraint = {
  name: 'NodeSelector',
  bearing: (spec) => spec.nodeSelector,
  compile(spec) {
    const wanted = Object.entries(spec.nodeSelector ?? {});
    if (wanted.length === 0) return undefined;
    return {
      scope: 'node',
      admits: (node) => wanted.every(([key, value]) => node.metadata?.labels?.[key] === value),
      refusal: () => "node(s) didn't match Pod's node affinity/selector",
    };
  },
};
