import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { podRequests } from '../../api/core/pod-resources.ts';
import { matchesLabelSelector } from '../../api/meta/selector.ts';
import type { PodDisruptionBudget } from '../../api/policy/pod-disruption-budget.ts';
import { allocatableOf, referenceFeasible, requestOf } from './reference/feasible.fixture.ts';
import { bandPolicyOf } from './reference/profile.fixture.ts';
import { isLeaving, labelsOf, namespaceOf, podsOn, type ReferenceWorld } from './reference/world.fixture.ts';

/** docs/SCHEDULING.md, "Preemption", said again in code that is slow and easy to check: all is found anew from plain lists. */

export interface PreemptionWorld extends ReferenceWorld {
  readonly budgets: readonly PodDisruptionBudget[];
  /** Uids of pods that are not there: their places are held. */
  readonly held: ReadonlySet<string>;
  /** Uids of pods that were told to go. */
  readonly evicted: ReadonlySet<string>;
}

export interface ReferenceEviction {
  readonly node: Node;
  readonly victims: readonly Pod[];
  readonly awaited: readonly Pod[];
  /** Less is better, from the first number to the last. */
  readonly cost: readonly number[];
}

const uidOf = (pod: Pod) => pod.metadata?.uid ?? '';
export const priorityOf = (pod: Pod) => pod.spec?.priority ?? 0;
const NEVER_MS = 8.64e15;
const startOf = (pod: Pod) => (pod.status?.startTime ? Date.parse(pod.status.startTime) : NEVER_MS);

/** For every node where there is one, in the order of the nodes. */
export function referenceEvictions(world: PreemptionWorld, pod: Pod): ReferenceEviction[] {
  if (pod.spec?.preemptionPolicy === 'Never') return [];
  return world.nodes.flatMap((node) => evictionOn(world, pod, node) ?? []);
}

export function mayHaveToGo(world: PreemptionWorld, preemptor: Pod, pod: Pod): boolean {
  if (isGoing(world, pod) || priorityOf(pod) >= priorityOf(preemptor)) return false;
  if (world.held.has(uidOf(pod))) return true;
  const band = bandPolicyOf(world, preemptor);
  return bandPolicyOf(world, pod).name !== band.name || band.preemptsWithin;
}

const isGoing = ({ evicted, held }: PreemptionWorld, pod: Pod): boolean =>
  isLeaving(pod) || (evicted.has(uidOf(pod)) && !held.has(uidOf(pod)));

/** Whether the node takes the pod when those have gone. */
export function isAdmitted(world: PreemptionWorld, pod: Pod, node: Node, gone: ReadonlySet<Pod>): boolean {
  const left = { ...world, pods: world.pods.filter((other) => !gone.has(other)) };
  return referenceFeasible(left, pod).find((verdict) => verdict.node === node)!.refusals.length === 0;
}

function evictionOn(world: PreemptionWorld, pod: Pod, node: Node): ReferenceEviction | undefined {
  const there = podsOn(world, node);
  const candidates = there.filter((other) => mayHaveToGo(world, pod, other)).sort(byImportance);
  const going = there.filter((other) => isGoing(world, other)).sort(byDeparture);
  const gone = new Set([...candidates, ...going]);
  if (!isAdmitted(world, pod, node, gone)) return undefined;
  const breaking = breakingBudgets(world, candidates);
  const rankOf = (other: Pod) => bandRank(world, other);
  const order = [...candidates].sort(
    (a, b) => rankOf(a) - rankOf(b) || Number(breaking.has(b)) - Number(breaking.has(a)) || byImportance(a, b),
  );
  for (const one of [...order, ...going]) {
    gone.delete(one);
    if (!isAdmitted(world, pod, node, gone)) gone.add(one);
  }
  const victims = candidates.filter((one) => gone.has(one));
  const awaited = going.filter((one) => gone.has(one));
  return { node, victims, awaited, cost: costOf(world, pod, node, victims, going) };
}

function costOf(
  world: PreemptionWorld,
  pod: Pod,
  node: Node,
  victims: readonly Pod[],
  going: readonly Pod[],
): number[] {
  const [first] = victims;
  if (!first) return [-world.policy.bands.length, 0, Number.NEGATIVE_INFINITY, 0, 0];
  const violations = breakingBudgets(world, victims).size;
  const waste = wasteOf(world, pod, node, victims, going);
  return [-bandRank(world, first), violations, priorityOf(first), waste, -startOf(first)];
}

const bandRank = (world: PreemptionWorld, pod: Pod): number => world.policy.bands.indexOf(bandPolicyOf(world, pod));

/** The least important use up what is allowed. */
function breakingBudgets({ budgets, held }: PreemptionWorld, pods: readonly Pod[]): Set<Pod> {
  const breaking = new Set<Pod>();
  for (const budget of budgets) {
    const covered = pods.filter(
      (pod) =>
        !held.has(uidOf(pod)) &&
        namespaceOf(pod) === namespaceOf(budget) &&
        matchesLabelSelector(budget.spec?.selector, labelsOf(pod)),
    );
    const allowed = budget.status?.disruptionsAllowed ?? 0;
    for (const pod of covered.sort(byImportance).slice(0, Math.max(0, covered.length - allowed))) breaking.add(pod);
  }
  return breaking;
}

function wasteOf(world: PreemptionWorld, pod: Pod, node: Node, victims: readonly Pod[], going: readonly Pod[]): number {
  const stay = podsOn(world, node).filter((other) => !going.includes(other));
  const names = new Set(
    [pod, ...victims].flatMap((one) => Object.keys(podRequests(one))).filter((name) => name !== 'pods'),
  );
  const shares = [...names].map((name) => share((one) => requestOf(one, name), allocatableOf(node, name)));
  return [...shares, share(() => 1, allocatableOf(node, 'pods'))].reduce((sum, one) => sum + one, 0);

  function share(amountOf: (one: Pod) => number, allocatable: number): number {
    const sum = (pods: readonly Pod[]) => pods.reduce((total, one) => total + amountOf(one), 0);
    const asked = amountOf(pod);
    const missing = asked > 0 ? Math.max(0, asked - (allocatable - sum(stay))) : 0;
    return allocatable > 0 ? (sum(victims) - missing) / allocatable : 0;
  }
}

function byImportance(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || startOf(a) - startOf(b) || (uidOf(a) < uidOf(b) ? -1 : 1);
}

function byDeparture(a: Pod, b: Pod): number {
  const endOf = ({ metadata }: Pod) =>
    metadata?.deletionTimestamp ? Date.parse(metadata.deletionTimestamp) : NEVER_MS;
  return endOf(b) - endOf(a) || (uidOf(a) < uidOf(b) ? -1 : 1);
}

/** Negative when the first is better; 0 when that cannot be told. */
export function compareReferenceCosts(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - b[index]!;
    if (Math.abs(difference) > 1e-9) return difference;
  }
  return 0;
}
