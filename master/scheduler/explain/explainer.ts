import type { Explanation, Remedy } from '../explanation.ts';
import type { PendingPod } from '../pending.ts';
import type { World } from '../world.ts';
import { type Importance, preempting } from './importance.ts';
import { lacksOf } from './lacks.ts';
import { byFrequency, unschedulableMessage } from './message.ts';
import { type Candidate, Remedies } from './remedies.ts';
import { type Situation, situationOf } from './situation.ts';
import { asItIs } from './trial.ts';

/** How old an explanation may be when another pod of the same kind asks: it costs several looks at every node. */
const MAX_AGE_MS = 1000;
/** And how old while nothing has changed in the cell; quotas do so outside of it. */
const MAX_IDLE_AGE_MS = 30_000;
/** Kinds of pods that share a shape and are explained apart: by namespace and priority. */
const MOST_KINDS = 8;
const MOST_REMEDIES = 8;
const NOT_PINNED = "node(s) didn't match Pod's node affinity/selector";

interface Known {
  readonly explanation: Explanation;
  readonly atMs: number;
  readonly version: string;
}

/**
 * Finds out why no node takes a pod, and what would help, by trying it on the model.
 *
 * Owns: the last explanations for each shape.
 */
export class Explainer {
  readonly #world: World;
  readonly #importance: () => Importance;
  readonly #known = new WeakMap<object, Map<string, Known>>();

  constructor(world: World, importance: () => Importance) {
    this.#world = world;
    this.#importance = importance;
  }

  /** Looks at many nodes many times, unless `knows` says that it need not. */
  explain(pending: PendingPod, nowMs: number): Explanation {
    const known = this.#recall(pending, nowMs);
    if (known) return known.explanation;
    const explanation = this.#find(pending);
    this.#remember(pending, { explanation, atMs: nowMs, version: this.#version() });
    return explanation;
  }

  knows(pending: PendingPod, nowMs: number): boolean {
    return this.#recall(pending, nowMs) !== undefined;
  }

  /** Without remedies, and as things stand at this very moment, also in answer to "what if". */
  brief(pending: PendingPod): Explanation {
    const slots = this.#slots(pending);
    return this.#describe(pending, situationOf(pending.template.facts, slots, this.#world), []);
  }

  #recall(pending: PendingPod, nowMs: number): Known | undefined {
    const known = this.#known.get(pending.shape)?.get(keyOf(pending));
    if (!known) return undefined;
    const ageMs = nowMs - known.atMs;
    const isFresh = ageMs < MAX_AGE_MS || (ageMs < MAX_IDLE_AGE_MS && known.version === this.#version());
    return isFresh ? known : undefined;
  }

  #remember(pending: PendingPod, known: Known): void {
    const kinds = this.#known.get(pending.shape) ?? new Map<string, Known>();
    this.#known.set(pending.shape, kinds);
    const key = keyOf(pending);
    kinds.delete(key);
    kinds.set(key, known);
    if (kinds.size > MOST_KINDS) kinds.delete(kinds.keys().next().value!);
  }

  /** Differs when an explanation may. */
  #version(): string {
    const { cell, bearingVersion } = this.#world;
    const { budgets } = this.#importance();
    return `${cell.now} ${bearingVersion} ${budgets.coverageVersion} ${budgets.allowanceVersion}`;
  }

  #find(pending: PendingPod): Explanation {
    const { footprint, facts } = pending.template;
    const fault = footprint.volumes && this.#world.volumes.resolve(footprint.volumes).fault;
    if (fault !== undefined) return this.#faulty(fault);
    const slots = this.#slots(pending);
    const situation = situationOf(facts, slots, this.#world);
    if (situation.open.length > 0) return this.#open(situation);
    const changes = new Remedies(this.#world, asItIs(facts, pending.pins !== undefined), slots, situation).find();
    return this.#describe(pending, situation, [...changes, ...preempting(pending, this.#importance(), this.#world)]);
  }

  /** No node is to blame, and none could help. */
  #faulty(fault: string): Explanation {
    const nodes = this.#world.cell.nodeCount;
    const message = `0/${nodes} nodes are available: ${fault}.`;
    return { state: 'pending', message, nodes, reasons: [{ reason: fault, nodes }], remedies: [] };
  }

  #open({ open }: Situation): Explanation {
    const nodes = this.#world.cell.nodeCount;
    const message = `${open.length}/${nodes} nodes are available: it is in line for its turn`;
    return { state: 'waiting', message, nodes, reasons: [], remedies: [] };
  }

  #describe(pending: PendingPod, { counts, nearest }: Situation, candidates: readonly Candidate[]): Explanation {
    const { cell } = this.#world;
    const all = this.#withUnpinned(counts, pending);
    const near = nearest ? this.#nearest(pending, nearest) : missing(pending);
    return {
      state: 'pending',
      message: unschedulableMessage(cell.nodeCount, all),
      nodes: cell.nodeCount,
      reasons: [...all].sort(byFrequency).map(([reason, nodes]) => ({ reason, nodes })),
      ...(near && { nearest: near }),
      remedies: theBest(candidates),
    };
  }

  #nearest({ template }: PendingPod, { slot, needs }: NonNullable<Situation['nearest']>): Explanation['nearest'] {
    return { node: this.#world.cell.nameAt(slot), lacks: lacksOf(needs, slot, template.facts, this.#world) };
  }

  #withUnpinned(counts: ReadonlyMap<string, number>, pending: PendingPod): ReadonlyMap<string, number> {
    if (!pending.pins) return counts;
    const others = this.#world.cell.nodeCount - this.#slots(pending).length;
    return others > 0 ? new Map(counts).set(NOT_PINNED, (counts.get(NOT_PINNED) ?? 0) + others) : counts;
  }

  #slots({ pins }: PendingPod): number[] {
    const { cell } = this.#world;
    if (!pins) return [...cell.nodes()].map(([slot]) => slot);
    return pins.flatMap((name) => cell.slotOf(name) ?? []).filter((slot) => cell.node(slot));
  }
}

/** None of the nodes that it names is there. */
function missing({ pins }: PendingPod): Explanation['nearest'] {
  const [node] = pins ?? [];
  return node === undefined
    ? undefined
    : { node, lacks: ['existence: the pod names it, and the cell has no such node'] };
}

const keyOf = ({ priority, namespace, pod, pins }: PendingPod): string =>
  `${priority} ${namespace} ${pod.spec?.preemptionPolicy} ${pins ?? ''}`;

/** The least to ask for first; of equals what opens most nodes. */
function theBest(candidates: readonly Candidate[]): Remedy[] {
  const byText = new Map(candidates.map((candidate) => [candidate.text, candidate]));
  return [...byText.values()]
    .sort((a, b) => a.cost - b.cost || b.nodes - a.nodes || (a.text < b.text ? -1 : 1))
    .slice(0, MOST_REMEDIES)
    .map(({ text, nodes }) => ({ text, nodes }));
}
