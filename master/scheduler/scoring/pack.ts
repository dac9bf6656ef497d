import { CPU, MEMORY } from '../resources.ts';
import { amountOf, askedOf } from './considered.ts';
import { points } from './points.ts';
import type { ScoringPolicy } from './scoring.ts';

/**
 * Best fit: the fullest node that still takes the pod, which keeps whole machines free for large pods (Borg, EuroSys'15, section
 * 3.2; Kubernetes' MostAllocated).
 *
 *     points = 100 x mean over r of min(1, (used_r + demand_r) / allocatable_r)
 *
 * over cpu, memory and the extended resources that the pod asks for. One of which the node has nothing is left out; but the
 * points are 0 when the pod asks for it, and when nothing is left to take the mean of.
 */
export const pack: ScoringPolicy = {
  name: 'pack',
  compile(cell, demand) {
    const asked = askedOf(demand, cell).ids.filter((id) => id !== CPU && id !== MEMORY);
    const ids = [CPU, MEMORY, ...asked];
    const amounts = ids.map((id) => amountOf(demand, id));
    return (slot) => {
      let full = 0;
      let present = 0;
      for (let i = 0; i < ids.length; i++) {
        const allocatable = cell.allocatable(ids[i]!, slot);
        if (allocatable > 0) {
          full += Math.min(1, (cell.used(ids[i]!, slot) + amounts[i]!) / allocatable);
          present++;
        } else if (amounts[i]! > 0) return 0;
      }
      return present > 0 ? points(full / present) : 0;
    };
  },
};
