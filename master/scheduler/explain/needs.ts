import { type Taint, tolerates } from '../../../api/core/taints.ts';
import type { PodFacts } from '../constraints/constraint.ts';
import { type NodePredicate, nodeAffinityAdmits } from '../constraints/node-affinity.ts';
import { PODS } from '../resources.ts';
import type { World } from '../world.ts';

/** One thing that has to change for a node to take a pod: in the node, in the pod, or among the pods that are there. */
export type Need = NeedKind & {
  /** Equal needs have equal keys. */
  readonly key: string;
  /** How much it is to ask for: what is small is nearer. */
  readonly weight: number;
};

type NeedKind =
  | { readonly type: 'uncordoned' }
  | { readonly type: 'tolerated' | 'recovered'; readonly taint: Taint }
  | { readonly type: 'label'; readonly label: string }
  | { readonly type: 'nodeAffinity' | 'ports' | 'company' | 'distance' | 'welcome' | 'evenness' | 'pods' }
  | { readonly type: 'amount'; readonly resource: number }
  | { readonly type: 'other'; readonly reason: string };

/** More than one of any other. */
const HARDLY = 4;
const WEIGHTS: Readonly<Record<NeedKind['type'], number>> = {
  amount: 1,
  tolerated: 1.5,
  uncordoned: 2,
  label: 2,
  ports: 2,
  pods: 2,
  nodeAffinity: 2.5,
  evenness: 2.5,
  company: 3,
  distance: 3,
  welcome: 3,
  recovered: 3,
  other: HARDLY,
};

/** Taints by which the cell says that something is wrong with a node (Kubernetes docs, "Taints and Tolerations"). */
const OF_THE_CELL = 'node.kubernetes.io/';
const CORDON_KEY = 'node.kubernetes.io/unschedulable';
const INSUFFICIENT = 'Insufficient ';
const TAINTED = 'node(s) had untolerated taint';
const NOT_SELECTED = "node(s) didn't match Pod's node affinity/selector";
const UNEVEN = "node(s) didn't match pod topology spread constraints";

/** Refusals by the node object itself, of which Kubernetes tells the first and nothing else. */
const OF_THE_NODE: ReadonlySet<string> = new Set([
  'node(s) were unschedulable',
  NOT_SELECTED,
  'node(s) had volume node affinity conflict',
  'node(s) had no available volume zone',
]);

/** Of every refusal of a node, in the order of the constraints, those that count. */
export function countedOf(refusals: readonly string[]): readonly string[] {
  const [first] = refusals;
  const isFinal = first !== undefined && (OF_THE_NODE.has(first) || first.startsWith(TAINTED));
  return isFinal ? [first] : refusals;
}

/** What refusals in Kubernetes' words come to, where the words say it all. */
const MEANINGS: ReadonlyMap<string, NeedKind> = new Map<string, NeedKind>([
  ['node(s) were unschedulable', { type: 'uncordoned' }],
  ['Too many pods', { type: 'pods' }],
  ["node(s) didn't have free ports for the requested pod ports", { type: 'ports' }],
  ["node(s) didn't match pod affinity rules", { type: 'company' }],
  ["node(s) didn't match pod anti-affinity rules", { type: 'distance' }],
  ["node(s) didn't satisfy existing pods anti-affinity rules", { type: 'welcome' }],
  [UNEVEN, { type: 'evenness' }],
  [`${UNEVEN} (missing required label)`, { type: 'evenness' }],
]);

/**
 * Reads off each slot what a pod would need there. Nothing is needed where it fits.
 *
 * Owns: each need once, so that equal ones are the same object.
 */
export class Needs {
  readonly #world: World;
  readonly #facts: PodFacts;
  readonly #known = new Map<string, Need>();
  readonly #plain = new Map<string, readonly Need[]>();
  readonly #selector: readonly (readonly [key: string, value: string])[];
  readonly #affinityAdmits: NodePredicate | undefined;

  constructor(world: World, facts: PodFacts) {
    this.#world = world;
    this.#facts = facts;
    this.#selector = Object.entries(facts.spec.nodeSelector ?? {});
    this.#affinityAdmits = nodeAffinityAdmits({ ...facts.spec, nodeSelector: undefined });
  }

  /** `refusals`: every one of the slot. */
  of(slot: number, refusals: readonly string[]): readonly Need[] {
    if (refusals.length === 1) return this.#read(refusals[0]!, slot);
    return [...new Set(refusals.flatMap((refusal) => this.#read(refusal, slot)))];
  }

  #read(refusal: string, slot: number): readonly Need[] {
    const known = this.#plain.get(refusal);
    if (known) return known;
    if (refusal.startsWith(TAINTED)) return this.#taints(slot);
    if (refusal === NOT_SELECTED) return this.#labels(slot);
    const needs = [this.#plainNeed(refusal)];
    this.#plain.set(refusal, needs);
    return needs;
  }

  /** Of a refusal that means the same for every slot. */
  #plainNeed(refusal: string): Need {
    const meaning = MEANINGS.get(refusal);
    if (meaning) return this.#need(meaning, meaning.type);
    if (refusal.startsWith(INSUFFICIENT)) {
      const resource = this.#world.cell.resources.idOf(refusal.slice(INSUFFICIENT.length));
      return this.#need({ type: 'amount', resource }, `amount ${resource}`);
    }
    return this.#need({ type: 'other', reason: refusal }, refusal);
  }

  /** Kubernetes speaks of the first only. */
  #taints(slot: number): readonly Need[] {
    const needs = new Set<Need>();
    for (const taint of this.#world.cell.node(slot)?.spec?.taints ?? []) {
      if (taint.effect === 'PreferNoSchedule' || tolerates(this.#facts.spec.tolerations, taint)) continue;
      const { key, value = '' } = taint;
      if (key === CORDON_KEY) needs.add(this.#need({ type: 'uncordoned' }, 'uncordoned'));
      else {
        const type = key.startsWith(OF_THE_CELL) ? 'recovered' : 'tolerated';
        needs.add(this.#need({ type, taint }, `${type} ${key}=${value}`));
      }
    }
    return [...needs];
  }

  #labels(slot: number): Need[] {
    const node = this.#world.cell.node(slot)!;
    const labels = node.metadata?.labels ?? {};
    const needs = this.#selector
      .filter(([key, value]) => !Object.hasOwn(labels, key) || labels[key] !== value)
      .map(([label]) => this.#need({ type: 'label', label }, `label ${label}`));
    if (this.#affinityAdmits?.(node) === false) needs.push(this.#need({ type: 'nodeAffinity' }, 'nodeAffinity'));
    return needs;
  }

  #need(kind: NeedKind, key: string): Need {
    const known = this.#known.get(key);
    if (known) return known;
    const need: Need = { ...kind, key, weight: WEIGHTS[kind.type] };
    this.#known.set(key, need);
    return need;
  }
}

/** How far a slot with these needs is from taking the pod: what is to change, and the missing shares of what is asked. */
export function distanceOf(needs: readonly Need[], slot: number, { footprint }: PodFacts, { cell }: World): number {
  const { ids, amounts } = footprint.demand;
  let distance = 0;
  for (const need of needs) {
    distance += need.weight;
    if (need.type === 'amount' && need.resource !== PODS)
      distance += 1 - Math.max(0, cell.free(need.resource, slot)) / amounts[ids.indexOf(need.resource)]!;
  }
  return distance;
}
