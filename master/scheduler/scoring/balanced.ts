import type { Cell } from '../cell.ts';
import type { Demand } from '../resources.ts';
import { amountOf, askedOf, isConsidered } from './considered.ts';
import { freePlaces } from './free-places.ts';
import { points } from './points.ts';
import type { Fit, ScoringPolicy } from './scoring.ts';

/** Chosen by packing traces (docs/SCHEDULING.md): more for fullness strands more, less leaves no room for large pods. */
const FULLNESS = 0.1;

/**
 * Strands the least, after Borg's hybrid (EuroSys'15, section 3.2): what a node has left is stranded when it cannot be used because
 * something else is used up. So a node is judged by how much of all that it has left pods like this one could use, were it filled
 * up with them; and a little by how full it is, to keep whole machines free for large pods.
 *
 *     free_r = max(0, allocatable_r - used_r)
 *     copies = min over r with demand_r > 0 of free_r / demand_r
 *     left   = sum over r of free_r / allocatable_r
 *     usable = copies x (sum over r of demand_r / allocatable_r) / left        (0 when left is 0)
 *     full   = 1 - left / (number of r)
 *     points = 100 x (0.9 usable + 0.1 full)
 *
 * over cpu, memory and every extended resource, asked for or not, of which the node has any: free GPUs on a node make it worse for
 * pods that want none. 0 points when the node has nothing of what the pod asks for. A pod that asks for none of these goes
 * by `freePlaces`.
 */
export const balanced: ScoringPolicy = {
  name: 'balanced',
  compile: (cell, demand) => (askedOf(demand, cell).ids.length === 0 ? freePlaces(cell) : leastStranded(cell, demand)),
};

function leastStranded(cell: Cell, demand: Demand): Fit {
  const columns = new Columns(cell, demand);
  return (slot) => {
    const { ids, amounts } = columns.current();
    let copies = Number.POSITIVE_INFINITY;
    let asked = 0;
    let left = 0;
    let present = 0;
    for (let i = 0; i < ids.length; i++) {
      const allocatable = cell.allocatable(ids[i]!, slot);
      const amount = amounts[i]!;
      if (allocatable > 0) {
        const free = Math.max(0, allocatable - cell.used(ids[i]!, slot));
        left += free / allocatable;
        present++;
        if (amount > 0) {
          copies = Math.min(copies, free / amount);
          asked += amount / allocatable;
        }
      } else if (amount > 0) return 0;
    }
    const usable = left > 0 ? (copies * asked) / left : 0;
    return points((1 - FULLNESS) * usable + FULLNESS * (1 - left / present));
  };
}

/**
 * What the demand takes of each considered resource that any node is known to have.
 *
 * Owns: the two columns; a resource is only ever added, when the cell first hears of it.
 */
class Columns implements Demand {
  readonly ids: number[] = [];
  readonly amounts: number[] = [];
  readonly #cell: Cell;
  readonly #demand: Demand;
  #known = 0;

  constructor(cell: Cell, demand: Demand) {
    this.#cell = cell;
    this.#demand = demand;
  }

  current(): Demand {
    for (; this.#known < this.#cell.resources.size; this.#known++) {
      if (!isConsidered(this.#cell, this.#known)) continue;
      this.ids.push(this.#known);
      this.amounts.push(amountOf(this.#demand, this.#known));
    }
    return this;
  }
}
