import type { DaemonSet } from '../../../api/apps/daemon-set.ts';
import type { Node } from '../../../api/core/node.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { type Toleration, untoleratedTaint } from '../../../api/core/taints.ts';
import { nodeAffinityAdmits } from '../../scheduler/constraints/node-affinity.ts';

/** Whether a node is to get the pod, and whether one that is there may stay. */
export interface Eligibility {
  readonly should: boolean;
  readonly mayStay: boolean;
}

const EXISTS = { operator: 'Exists' } as const;

/** What every daemon pod tolerates (Kubernetes docs, "DaemonSet", "Taints and tolerations"). */
const OWN_TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', ...EXISTS, effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', ...EXISTS, effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', ...EXISTS, effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', ...EXISTS, effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', ...EXISTS, effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', ...EXISTS, effect: 'NoSchedule' },
];
const ON_HOST_NETWORK: Toleration = { key: 'node.kubernetes.io/network-unavailable', ...EXISTS, effect: 'NoSchedule' };

/** The tolerations of a daemon pod: the template's, and those that all have. */
export function daemonTolerations(spec: Pick<PodSpec, 'tolerations' | 'hostNetwork'> | undefined): Toleration[] {
  const own = spec?.hostNetwork ? [...OWN_TOLERATIONS, ON_HOST_NETWORK] : OWN_TOLERATIONS;
  return [...(spec?.tolerations ?? []), ...own];
}

/** Which nodes the pods of a daemon set are for, as a function of the node alone. */
export function eligibilityOf({ spec }: DaemonSet): (node: Node) => Eligibility {
  const podSpec = spec?.template?.spec;
  const admits = podSpec && nodeAffinityAdmits(podSpec);
  const tolerations = daemonTolerations(podSpec);
  const name = podSpec?.nodeName;
  return (node) => {
    if ((name && node.metadata?.name !== name) || admits?.(node) === false) return { should: false, mayStay: false };
    const taints = node.spec?.taints;
    const mayStay = !untoleratedTaint(tolerations, taints, ['NoExecute']);
    return { should: mayStay && !untoleratedTaint(tolerations, taints, ['NoSchedule']), mayStay };
  };
}
