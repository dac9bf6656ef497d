import type { Cell } from '../cell.ts';
import { type Demand, PODS } from '../resources.ts';
import type { Constraint, UseTest } from './constraint.ts';

/** A node must have left what the pod asks for, of every resource, and room for one more pod. */
export const resourceFit: Constraint = {
  name: 'NodeResourcesFit',
  bearing: ({ footprint: { demand } }) => `${demand.ids}:${demand.amounts}`,
  compile: ({ footprint }, { cell }) => ({ use: fitsDemand(footprint.demand, cell) }),
};

function fitsDemand({ ids, amounts }: Demand, cell: Cell): UseTest {
  return {
    isOfRoom: true,
    admits(slot) {
      for (let i = 0; i < ids.length; i++) {
        if (cell.free(ids[i]!, slot) < amounts[i]!) return false;
      }
      return true;
    },
    refusals: (slot) =>
      ids
        .filter((id, i) => cell.free(id, slot) < amounts[i]!)
        .map((id) => (id === PODS ? 'Too many pods' : `Insufficient ${cell.resources.nameOf(id)}`)),
  };
}
