import type { Constraint } from './constraint.ts';

/** Nodes that are cordoned take no new pods, except those that tolerate it (Kubernetes docs, "Nodes", manual administration). */
export const unschedulable: Constraint = {
  name: 'NodeUnschedulable',
  bearing: (spec) => toleratesUnschedulable(spec.tolerations),
  compile(spec) {
    if (toleratesUnschedulable(spec.tolerations)) return undefined;
    return {
      scope: 'node',
      admits: (node) => !node.spec?.unschedulable,
      refusal: () => 'node(s) were unschedulable',
    };
  },
};

const UNSCHEDULABLE_TAINT = 'node.kubernetes.io/unschedulable';

function toleratesUnschedulable(tolerations: { key?: string; operator?: string; effect?: string }[] = []): boolean {
  return tolerations.some(
    ({ key, operator, effect }) =>
      (key === UNSCHEDULABLE_TAINT || (!key && operator === 'Exists')) && (!effect || effect === 'NoSchedule'),
  );
}
