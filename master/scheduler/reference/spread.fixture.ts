import type { TopologySpreadConstraint } from '../../../api/core/affinity.ts';
import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { matchesLabelSelector } from '../../../api/meta/selector.ts';
import { isSelected, repellingTaints } from './node-terms.fixture.ts';
import { bandPolicyOf } from './profile.fixture.ts';
import { narrowedBy } from './terms.fixture.ts';
import {
  domainOf,
  isLeaving,
  labelsOf,
  nameOf,
  namespaceOf,
  type ReferenceWorld,
  residents,
  specOf,
} from './world.fixture.ts';

/** docs/SCHEDULING.md, "Spread". */

/** A rule of spreading, and which pods it counts. */
export interface SpreadRule {
  readonly constraint: TopologySpreadConstraint;
  counts(other: Pod): boolean;
}

export function spreadRules(world: ReferenceWorld, pod: Pod): SpreadRule[] {
  const own = specOf(pod).topologySpreadConstraints ?? [];
  return own.length > 0 ? own.map((constraint) => ruleOf(pod, constraint)) : replicaRules(world, pod);
}

function ruleOf(pod: Pod, constraint: TopologySpreadConstraint): SpreadRule {
  const selector = narrowedBy(pod, constraint.labelSelector, constraint.matchLabelKeys);
  const counts = (other: Pod) =>
    namespaceOf(other) === namespaceOf(pod) && !isLeaving(other) && matchesLabelSelector(selector, labelsOf(other));
  return { constraint, counts };
}

const REPLICATED = ['ReplicaSet', 'StatefulSet', 'ReplicationController'];
const DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', maxSkew: 3, whenUnsatisfiable: 'ScheduleAnyway' },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable: 'ScheduleAnyway' },
];

const controllerOf = (pod: Pod) => pod.metadata?.ownerReferences?.find(({ controller }) => controller);

/** Replicas of bands with `spreadReplicas` that name no constraint are kept apart, by their controller. */
function replicaRules(world: ReferenceWorld, pod: Pod): SpreadRule[] {
  const owner = controllerOf(pod);
  if (!owner || !REPLICATED.includes(owner.kind) || !bandPolicyOf(world, pod).spreadReplicas) return [];
  const counts = (other: Pod) =>
    namespaceOf(other) === namespaceOf(pod) && !isLeaving(other) && controllerOf(other)?.uid === owner.uid;
  return DEFAULTS.map((constraint) => ({ constraint, counts }));
}

/** Nodes whose pods, and whose domains, count for the constraint. */
function countedNodes(world: ReferenceWorld, pod: Pod, { constraint }: SpreadRule): Node[] {
  const keys = spreadRules(world, pod)
    .filter((rule) => rule.constraint.whenUnsatisfiable === constraint.whenUnsatisfiable)
    .map((rule) => rule.constraint.topologyKey);
  return world.nodes.filter(
    (node) =>
      keys.every((key) => domainOf(node, key) !== undefined) &&
      (constraint.nodeAffinityPolicy === 'Ignore' || isSelected(pod, node)) &&
      (constraint.nodeTaintsPolicy !== 'Honor' || repellingTaints(pod, node).length === 0),
  );
}

/** How many pods the rule counts in each domain that exists. */
export function countsByDomain(world: ReferenceWorld, pod: Pod, rule: SpreadRule): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of countedNodes(world, pod, rule)) {
    const domain = domainOf(node, rule.constraint.topologyKey)!;
    const pods = residents(world).filter((other) => other.spec?.nodeName === nameOf(node) && rule.counts(other));
    counts.set(domain, (counts.get(domain) ?? 0) + pods.length);
  }
  return counts;
}
