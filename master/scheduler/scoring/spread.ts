import type { Cell } from '../cell.ts';
import type { Demand } from '../resources.ts';
import { askedOf } from './considered.ts';
import { freePlaces } from './free-places.ts';
import { points } from './points.ts';
import type { Fit, ScoringPolicy } from './scoring.ts';

/** What a full node costs, if an empty one costs 1. Amir et al. take the number of machines; this is that of a large cell. */
const BASE = 1000;
/** A share of the highest possible cost that is below what a thousandth of a core costs on a large machine. */
const CHEAPEST = 1e-9;
const LN_BASE = Math.log(BASE);
const LN_CHEAPEST = Math.log(CHEAPEST);

/**
 * Least opportunity cost, as in the variant of E-PVM that Borg began with: what a node costs is the sum, over its resources, of an
 * exponential of their utilisation, and the pod goes where that grows least (Amir, Awerbuch, Barak, Borgstrom, Keren: "An
 * opportunity cost approach for job assignment in a scalable computing cluster", IEEE TPDS 2000; Borg, EuroSys'15, section 3.2).
 * The resource that is used most weighs most. Every node keeps some headroom, and few keep room for a large pod.
 *
 *     cost   = mean over r of (1000^((used_r + demand_r) / allocatable_r) - 1000^(used_r / allocatable_r)) / 999
 *     points = 100 x ln(cost) / ln(0.000000001)
 *
 * over what the pod asks for of cpu, memory and extended resources. 0 points when the node has nothing of one of them. A pod that
 * asks for none of these goes by `freePlaces`. The logarithm changes no order; it makes an empty and a full node differ by 33 points
 * whatever the size of the pod.
 */
export const spread: ScoringPolicy = {
  name: 'spread',
  compile(cell, demand) {
    const asked = askedOf(demand, cell);
    return asked.ids.length === 0 ? freePlaces(cell) : leastCost(cell, asked);
  },
};

function leastCost(cell: Cell, { ids, amounts }: Demand): Fit {
  const highest = ids.length * (BASE - 1);
  return (slot) => {
    let cost = 0;
    for (let i = 0; i < ids.length; i++) {
      const allocatable = cell.allocatable(ids[i]!, slot);
      if (allocatable <= 0) return 0;
      const rate = LN_BASE / allocatable;
      // The difference of the two powers, as a product: one of infinities would not be a number.
      cost += Math.exp(rate * cell.used(ids[i]!, slot)) * Math.expm1(rate * amounts[i]!);
    }
    return points(Math.log(cost / highest) / LN_CHEAPEST);
  };
}
