import type { TopologySpreadConstraint } from '../../../api/core/affinity.ts';
import type { Node } from '../../../api/core/node.ts';
import type { DomainRule } from '../domain-rules.ts';
import { selectorOfSpread } from '../pod-terms.ts';
import type { PodSelector } from '../populations.ts';
import type { Constraint, PodFacts } from './constraint.ts';
import { nodeAffinityAdmits } from './node-affinity.ts';
import { taintsAdmit } from './taints.ts';

/** How evenly pods are spread over domains (Kubernetes docs, "Pod Topology Spread Constraints"). */
export const topologySpread: Constraint = {
  name: 'PodTopologySpread',
  bearing(pod, { populations }) {
    const all = constraintsOf(pod);
    if (all.length === 0) return undefined;
    return JSON.stringify(
      all.map(({ constraint, selector }) => [
        constraint.topologyKey,
        constraint.whenUnsatisfiable,
        constraint.maxSkew,
        constraint.minDomains,
        constraint.nodeAffinityPolicy,
        constraint.nodeTaintsPolicy,
        selector.key,
        selector.ownerUid,
        populations.selects(selector, pod.footprint),
      ]),
    );
  },
  compile(pod, { populations }) {
    const all = constraintsOf(pod);
    if (all.length === 0) return undefined;
    const release = () => {
      for (const { selector } of all) populations.release(selector);
    };
    const domains = all.map(({ constraint, selector }): DomainRule => {
      const population = populations.select(selector);
      const { topologyKey, maxSkew, minDomains = 1 } = constraint;
      const counts = countsNodes(pod, constraint, all);
      if (constraint.whenUnsatisfiable === 'ScheduleAnyway')
        return { type: 'evenly', topologyKey, population, counts, maxSkew };
      const refusal = "node(s) didn't match pod topology spread constraints";
      const self = populations.selects(selector, pod.footprint);
      return { type: 'even', topologyKey, population, counts, maxSkew, minDomains, self, refusal };
    });
    return { domains, release };
  },
};

interface Selected {
  readonly constraint: TopologySpreadConstraint;
  readonly selector: PodSelector;
}

function constraintsOf(pod: PodFacts): Selected[] {
  const own = pod.spec.topologySpreadConstraints ?? [];
  if (own.length > 0) return own.map((constraint) => ({ constraint, selector: selectorOfSpread(constraint, pod) }));
  return pod.spreadsReplicas && pod.ownerUid && isReplica(pod.ownerKind) ? ofReplicas(pod.ownerUid, pod) : [];
}

const REPLICATED: ReadonlySet<string | undefined> = new Set(['ReplicaSet', 'StatefulSet', 'ReplicationController']);

/** Whether a pod with such an owner is one of several that are alike. */
export const isReplica = (ownerKind: string | undefined): boolean => REPLICATED.has(ownerKind);

/** Kubernetes' own defaults for pods that name none: replicas rather on different machines and in different zones. */
const DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', maxSkew: 3, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: {} },
];

function ofReplicas(ownerUid: string, pod: PodFacts): Selected[] {
  return DEFAULTS.map((constraint) => {
    const selector = selectorOfSpread(constraint, pod);
    return { constraint, selector: { ...selector, key: `${selector.key}/${ownerUid}`, ownerUid } };
  });
}

/** Whether a node's pods, and its domain, count for the constraint. */
function countsNodes(
  pod: PodFacts,
  constraint: TopologySpreadConstraint,
  all: readonly Selected[],
): (node: Node) => boolean {
  const keys = all
    .filter((other) => other.constraint.whenUnsatisfiable === constraint.whenUnsatisfiable)
    .map((other) => other.constraint.topologyKey);
  const affinity = constraint.nodeAffinityPolicy === 'Ignore' ? undefined : nodeAffinityAdmits(pod.spec);
  const taints = constraint.nodeTaintsPolicy === 'Honor' ? taintsAdmit(pod.spec) : undefined;
  return (node) =>
    keys.every((key) => node.metadata?.labels?.[key] !== undefined) &&
    (affinity?.(node) ?? true) &&
    (taints?.(node) ?? true);
}
