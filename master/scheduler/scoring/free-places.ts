import type { Cell } from '../cell.ts';
import { PODS } from '../resources.ts';
import { points } from './points.ts';
import type { Fit } from './scoring.ts';

/**
 * For pods that ask for nothing that is considered: all nodes are alike to them, and they would pile up on one. So they are spread
 * by number.
 *
 *     points = 100 x (1 - used_pods / allocatable_pods)        (0 when allocatable_pods is 0)
 */
export function freePlaces(cell: Cell): Fit {
  return (slot) => {
    const places = cell.allocatable(PODS, slot);
    return places > 0 ? points(1 - cell.used(PODS, slot) / places) : 0;
  };
}
