import type { PodAffinityTerm } from '../../../api/core/affinity.ts';
import type { ContainerPort } from '../../../api/core/container.ts';
import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { podRequests } from '../../../api/core/pod-resources.ts';
import { unitsOf } from '../../../api/core/resource-units.ts';
import { type Taint, tolerates } from '../../../api/core/taints.ts';
import { isSelected, repellingTaints } from './node-terms.fixture.ts';
import { countsByDomain, type SpreadRule, spreadRules } from './spread.fixture.ts';
import { means, requiredAffinity, requiredAntiAffinity } from './terms.fixture.ts';
import { volumeRefusals } from './volumes.fixture.ts';
import { domainOf, isSameDomain, nodeOf, podsOn, type ReferenceWorld, residents, specOf } from './world.fixture.ts';

/** docs/SCHEDULING.md, "Feasible nodes": one function for each row of the table, in its order. */

/** Why the node does not take the pod; nothing when it does. */
type Rule = (world: ReferenceWorld, pod: Pod, node: Node) => string[];

const refusal = (text: string, admitted: boolean): string[] => (admitted ? [] : [text]);

const CORDON: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

const unschedulable: Rule = (_, pod, node) =>
  refusal('node(s) were unschedulable', !node.spec?.unschedulable || tolerates(specOf(pod).tolerations, CORDON));

const nodeAffinity: Rule = (_, pod, node) =>
  refusal("node(s) didn't match Pod's node affinity/selector", isSelected(pod, node));

const taints: Rule = (_, pod, node) =>
  repellingTaints(pod, node).map(({ key, value = '' }) => `node(s) had untolerated taint {${key}: ${value}}`);

const hostPorts: Rule = (world, pod, node) => {
  const held = podsOn(world, node).flatMap(portsOf);
  const isFree = portsOf(pod).every((wanted) => held.every((other) => !isSamePort(wanted, other)));
  return refusal("node(s) didn't have free ports for the requested pod ports", isFree);
};

/** Ports of the machine that the pod holds. */
function portsOf(pod: Pod): ContainerPort[] {
  const { initContainers = [], containers, hostNetwork } = specOf(pod);
  const ports = [...initContainers, ...containers].flatMap(({ ports: own = [] }) => own);
  return ports
    .map((port) => ({ ...port, hostPort: port.hostPort || (hostNetwork ? port.containerPort : 0) }))
    .filter(({ hostPort }) => hostPort > 0);
}

const ANY = '0.0.0.0';
const addressOf = ({ hostIP }: ContainerPort) => hostIP || ANY;

function isSamePort(a: ContainerPort, b: ContainerPort): boolean {
  if (a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false;
  return addressOf(a) === addressOf(b) || addressOf(a) === ANY || addressOf(b) === ANY;
}

const volumes: Rule = (world, pod, node) => volumeRefusals(world, pod, node);

const resourceFit: Rule = (world, pod, node) => {
  const there = podsOn(world, node);
  const room = allocatableOf(node, 'pods') - there.length;
  const short = Object.keys(podRequests(pod)).filter((name) => {
    const wanted = requestOf(pod, name);
    const taken = there.reduce((sum, other) => sum + requestOf(other, name), 0);
    return name !== 'pods' && wanted > 0 && wanted > allocatableOf(node, name) - taken;
  });
  return [...refusal('Too many pods', room >= 1), ...short.map((name) => `Insufficient ${name}`)];
};

export const allocatableOf = (node: Node, resource: string): number =>
  unitsOf(resource, node.status?.allocatable?.[resource] ?? '0');

export const requestOf = (pod: Pod, resource: string): number => unitsOf(resource, podRequests(pod)[resource] ?? '0');

/** Whether the node is in the domain of one of the pods. */
const isNear = (world: ReferenceWorld, node: Node, { topologyKey }: PodAffinityTerm, pods: readonly Pod[]) =>
  pods.some((other) => isSameDomain(topologyKey, node, nodeOf(world, other)));

const podAffinity: Rule = (world, pod, node) => {
  const terms = requiredAffinity(pod);
  const matchesAll = (other: Pod) => terms.every((term) => means(world, pod, term, other));
  const companions = residents(world).filter(matchesAll);
  const isWithThem = terms.every((term) => isNear(world, node, term, companions));
  const thereAreNone = companions.every((other) => !isInAnyDomain(world, terms, other));
  const hasAllKeys = terms.every(({ topologyKey }) => domainOf(node, topologyKey) !== undefined);
  const mayBeFirst = thereAreNone && matchesAll(pod) && hasAllKeys;
  return refusal("node(s) didn't match pod affinity rules", isWithThem || mayBeFirst);
};

/** A pod on a node without any of the keys is with nobody. */
function isInAnyDomain(world: ReferenceWorld, terms: readonly PodAffinityTerm[], other: Pod): boolean {
  const node = nodeOf(world, other);
  return node !== undefined && terms.some(({ topologyKey }) => domainOf(node, topologyKey) !== undefined);
}

const podAntiAffinity: Rule = (world, pod, node) => {
  const isClear = requiredAntiAffinity(pod).every((term) => {
    const meant = residents(world).filter((other) => means(world, pod, term, other));
    return !isNear(world, node, term, meant);
  });
  return refusal("node(s) didn't match pod anti-affinity rules", isClear);
};

const existingAntiAffinity: Rule = (world, pod, node) => {
  const isWelcome = residents(world).every((other) =>
    requiredAntiAffinity(other).every((term) => !means(world, other, term, pod) || !isNear(world, node, term, [other])),
  );
  return refusal("node(s) didn't satisfy existing pods anti-affinity rules", isWelcome);
};

const topologySpread: Rule = (world, pod, node) =>
  spreadRules(world, pod)
    .filter(({ constraint }) => constraint.whenUnsatisfiable === 'DoNotSchedule')
    .flatMap((rule) => spreadRefusal(world, pod, node, rule));

function spreadRefusal(world: ReferenceWorld, pod: Pod, node: Node, rule: SpreadRule): string[] {
  const text = "node(s) didn't match pod topology spread constraints";
  const { topologyKey, maxSkew, minDomains = 1 } = rule.constraint;
  const domain = domainOf(node, topologyKey);
  if (domain === undefined) return [`${text} (missing required label)`];
  const counts = countsByDomain(world, pod, rule);
  const least = counts.size < minDomains ? 0 : Math.min(...counts.values());
  const self = rule.counts(pod) ? 1 : 0;
  return refusal(text, (counts.get(domain) ?? 0) + self - least <= maxSkew);
}

const RULES: readonly Rule[] = [
  unschedulable,
  nodeAffinity,
  taints,
  hostPorts,
  volumes,
  resourceFit,
  podAffinity,
  podAntiAffinity,
  existingAntiAffinity,
  topologySpread,
];

export interface Verdict {
  readonly node: Node;
  /** Every reason for which it does not take the pod; none when it does. */
  readonly refusals: readonly string[];
}

/** Looks at all nodes, and asks every constraint. */
export const referenceFeasible = (world: ReferenceWorld, pod: Pod): Verdict[] =>
  world.nodes.map((node) => ({ node, refusals: RULES.flatMap((rule) => rule(world, pod, node)) }));

export const feasibleNodes = (world: ReferenceWorld, pod: Pod): Node[] =>
  referenceFeasible(world, pod)
    .filter(({ refusals }) => refusals.length === 0)
    .map(({ node }) => node);
