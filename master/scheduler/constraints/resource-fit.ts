import { podRequests } from '../../../api/core/pod-resources.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { Cell } from '../cell.ts';
import { type Demand, demandOf, PODS } from '../resources.ts';
import type { Constraint, UseConstraint } from './constraint.ts';

/** A node must have left what the pod asks for, of every resource, and room for one more pod. */
export const resourceFit: Constraint = {
  name: 'NodeResourcesFit',
  bearing: (spec) => podRequests({ spec }),
  compile: (spec, cell) => fitsDemand(demandOfSpec(spec, cell), cell),
};

export function demandOfSpec(spec: PodSpec, cell: Cell): Demand {
  return demandOf(podRequests({ spec }), cell.resources);
}

function fitsDemand({ ids, amounts }: Demand, cell: Cell): UseConstraint {
  return {
    scope: 'use',
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
