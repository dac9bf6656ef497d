import type { Cell } from '../cell.ts';
import { CPU, type Demand, MEMORY } from '../resources.ts';

/**
 * Resources that scoring looks at: cpu, memory and the extended ones (`nvidia.com/gpu`; Kubernetes docs, "Extended resources").
 * Others (ephemeral-storage, huge pages) may keep a pod from a node and say nothing about which node is better.
 */
export function isConsidered(cell: Cell, resource: number): boolean {
  return resource === CPU || resource === MEMORY || isExtended(cell.resources.nameOf(resource));
}

const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/');

/** The considered part of a demand; all amounts are more than zero. */
export function askedOf(demand: Demand, cell: Cell): Demand {
  const ids = demand.ids.filter((id, i) => demand.amounts[i]! > 0 && isConsidered(cell, id));
  return { ids, amounts: ids.map((id) => amountOf(demand, id)) };
}

/** 0 when the demand does not name the resource. */
export function amountOf({ ids, amounts }: Demand, resource: number): number {
  const at = ids.indexOf(resource);
  return at < 0 ? 0 : amounts[at]!;
}
