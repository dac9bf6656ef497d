import { isBetter, type Priced } from './cost.ts';
import { SlotHeap } from './slot-heap.ts';

/**
 * What it would cost, by resources alone, to let in a pod of one shape and priority, for each slot where that is possible at all.
 *
 * Owns: the costs, and their order.
 */
export class CostTable {
  readonly #rows: (Priced | undefined)[] = [];
  readonly #heap = new SlotHeap((a, b) => isBetter(this.#rows[a]!, this.#rows[b]!));
  /** Slots whose cost depends on what budgets allow. */
  readonly covered = new Set<number>();

  /** Slots that have a cost. */
  get size(): number {
    return this.#heap.size;
  }

  /** The best slot, or -1. */
  get best(): number {
    return this.#heap.top;
  }

  /** In no particular order. */
  *rows(): Generator<Priced> {
    for (const slot of this.#heap.members) yield this.#rows[slot]!;
  }

  set(row: Priced, isCovered: boolean): void {
    if (isCovered) this.covered.add(row.slot);
    else this.covered.delete(row.slot);
    this.#rows[row.slot] = row;
    this.#heap.settle(row.slot);
  }

  /** The slot is out of the question. */
  delete(slot: number): void {
    if (!this.#heap.has(slot)) return;
    this.covered.delete(slot);
    this.#heap.leave(slot);
    this.#rows[slot] = undefined;
  }
}
