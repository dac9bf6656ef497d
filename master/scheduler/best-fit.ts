import type { Cell } from './cell.ts';
import { CPU, type Demand, MEMORY } from './resources.ts';

/**
 * Best fit: the mean, over CPU and memory, of the share of the node that would be in use once the pod is there. The fullest
 * node that still takes the pod wins, which keeps whole machines free for large pods (Kubernetes' MostAllocated; "best fit" in
 * the Borg paper, section 3.2). Between 0 and 1.
 */
export function bestFit(cell: Cell, demand: Demand): (slot: number) => number {
  const cpu = amountOf(demand, CPU);
  const memory = amountOf(demand, MEMORY);
  return (slot) => (share(cell, CPU, slot, cpu) + share(cell, MEMORY, slot, memory)) / 2;
}

function amountOf(demand: Demand, resource: number): number {
  const at = demand.ids.indexOf(resource);
  return at < 0 ? 0 : demand.amounts[at]!;
}

function share(cell: Cell, resource: number, slot: number, amount: number): number {
  const allocatable = cell.allocatable(resource, slot);
  return allocatable > 0 ? Math.min(1, (cell.used(resource, slot) + amount) / allocatable) : 0;
}
