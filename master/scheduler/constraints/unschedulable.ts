import { type Taint, tolerates } from '../../../api/core/taints.ts';
import type { Constraint } from './constraint.ts';

/** The taint a cordoned node is thought to have. */
const CORDON: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** Nodes that are cordoned take no new pods, except those that tolerate it (Kubernetes docs, "Nodes", manual administration). */
export const unschedulable: Constraint = {
  name: 'unschedulable',
  bearing: ({ spec }) => (tolerates(spec.tolerations, CORDON) ? undefined : 'cordon'),
  compile({ spec }) {
    if (tolerates(spec.tolerations, CORDON)) return undefined;
    return { node: { admits: (node) => !node.spec?.unschedulable, refusal: () => 'node(s) were unschedulable' } };
  },
};
