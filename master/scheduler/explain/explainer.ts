import type { Explanation, Remedy } from '../explanation.ts';
import type { PendingPod } from '../pending.ts';
import type { World } from '../world.ts';
import { fitsOn, smallerAmounts } from './amounts.ts';
import { type Importance, morePriority } from './importance.ts';
import { unschedulableMessage } from './message.ts';
import { lacksOf, nearestSlot } from './nearest.ts';
import { type ReadAs, Trial } from './trial.ts';
import { variantsOf } from './variants.ts';

/** How old an explanation may be when another pod of the same kind asks: it costs several looks at every node. */
const MAX_AGE_MS = 1000;
const NOT_PINNED = "node(s) didn't match Pod's node affinity/selector";

/**
 * Finds out why no node takes a pod, and what would help, by trying it on the model.
 *
 * Owns: the last explanation for each shape.
 */
export class Explainer {
  readonly #world: World;
  readonly #readAs: ReadAs;
  readonly #importance: () => Importance;
  readonly #known = new WeakMap<
    object,
    { readonly explanation: Explanation; readonly key: string; readonly atMs: number }
  >();

  constructor(world: World, readAs: ReadAs, importance: () => Importance) {
    this.#world = world;
    this.#readAs = readAs;
    this.#importance = importance;
  }

  explain(pending: PendingPod, nowMs: number): Explanation {
    const key = `${pending.priority} ${pending.pod.spec?.preemptionPolicy} ${pending.pins ?? ''}`;
    const known = this.#known.get(pending.shape);
    if (known?.key === key && nowMs - known.atMs < MAX_AGE_MS) return known.explanation;
    const explanation = this.#find(pending);
    this.#known.set(pending.shape, { explanation, key, atMs: nowMs });
    return explanation;
  }

  /** Whether the counts are what they were when the pod's kind was last explained: then so is the rest, near enough. */
  stillHolds(pending: PendingPod): boolean {
    const known = this.#known.get(pending.shape);
    if (!known) return false;
    pending.shape.prepare();
    return known.explanation.message === unschedulableMessage(this.#world.cell.nodeCount, this.#refusals(pending));
  }

  #find(pending: PendingPod): Explanation {
    const { cell } = this.#world;
    pending.shape.prepare();
    const counts = this.#refusals(pending);
    const slots = this.#slots(pending);
    const nearest = nearestSlot(pending, slots, this.#world);
    return {
      state: 'pending',
      message: unschedulableMessage(cell.nodeCount, counts),
      nodes: cell.nodeCount,
      reasons: [...counts]
        .map(([reason, nodes]) => ({ reason, nodes }))
        .sort((a, b) => b.nodes - a.nodes || (a.reason < b.reason ? -1 : 1)),
      ...(nearest >= 0 && {
        nearest: { node: cell.nameAt(nearest), lacks: lacksOf(pending, nearest, this.#world) },
      }),
      remedies: this.#remedies(pending, slots, nearest),
    };
  }

  #refusals({ shape, pins }: PendingPod): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [slot] of this.#world.cell.nodes()) {
      const isPinned = !pins || pins.includes(this.#world.cell.nameAt(slot));
      for (const reason of isPinned ? shape.refusalsOf(slot) : [NOT_PINNED])
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    return counts;
  }

  #slots({ pins }: PendingPod): number[] {
    const { cell } = this.#world;
    if (!pins) return [...cell.nodes()].map(([slot]) => slot);
    return pins.flatMap((name) => cell.slotOf(name) ?? []).filter((slot) => cell.node(slot));
  }

  #remedies(pending: PendingPod, slots: readonly number[], nearest: number): Remedy[] {
    const trial = new Trial(pending, this.#world, this.#readAs);
    const { facts, footprint } = pending.template;
    const changed = variantsOf(facts.spec, this.#world).flatMap(({ words, spec }) => {
      const nodes = trial.withSpec(spec);
      return nodes > 0 ? [{ text: `${fitsOn(nodes)} ${words}`, nodes }] : [];
    });
    const admitting = slots.filter((slot) => pending.shape.admitsNode(slot));
    const smaller = smallerAmounts(footprint.demand, admitting, nearest, this.#world, trial);
    const preempting = morePriority(pending, this.#importance(), this.#world);
    return [...smaller, ...changed, ...preempting].sort((a, b) => b.nodes - a.nodes);
  }
}
