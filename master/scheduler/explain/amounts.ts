import type { Remedy } from '../explanation.ts';
import { atMost } from '../quantities.ts';
import { type Demand, PODS } from '../resources.ts';
import type { World } from '../world.ts';
import type { Trial } from './trial.ts';

/**
 * Smaller amounts with which the pod would fit: for each resource the most that fits if it alone is asked less of; where no single
 * one will do, what the nearest slot has left of all that it is short of.
 */
export function smallerAmounts(
  demand: Demand,
  slots: readonly number[],
  nearest: number,
  world: World,
  trial: Trial,
): Remedy[] {
  const single = demand.ids.flatMap((id) => tried([[id, mostOf(id, demand, slots, world)]], demand, world, trial));
  if (single.length > 0 || nearest < 0) return single;
  const short = demand.ids.filter((id, index) => world.cell.free(id, nearest) < demand.amounts[index]!);
  return tried(
    short.map((id) => [id, world.cell.free(id, nearest)]),
    demand,
    world,
    trial,
  );
}

/** The most of a resource that is free in any slot that has enough of all others. */
function mostOf(id: number, { ids, amounts }: Demand, slots: readonly number[], { cell }: World): number {
  let most = 0;
  for (const slot of slots) {
    const isOnlyLack = ids.every((other, index) => other === id || cell.free(other, slot) >= amounts[index]!);
    if (isOnlyLack) most = Math.max(most, cell.free(id, slot));
  }
  return most;
}

type Change = readonly [id: number, amount: number];

function tried(changes: readonly Change[], demand: Demand, { cell }: World, trial: Trial): Remedy[] {
  const { resources } = cell;
  const asked = (id: number) => demand.amounts[demand.ids.indexOf(id)]!;
  // What is said is what is tried, rounded as it is.
  const said = changes.map(([id, amount]) => ({ id, text: atMost(resources.nameOf(id), amount) }));
  const amountOf = new Map(said.map(({ id, text }) => [id, resources.amount(resources.nameOf(id), text)]));
  const isLess = [...amountOf].every(([id, amount]) => id !== PODS && amount > 0 && amount < asked(id));
  if (!isLess || said.length === 0) return [];
  const amounts = demand.ids.map((id, index) => amountOf.get(id) ?? demand.amounts[index]!);
  const nodes = trial.withDemand({ ids: demand.ids, amounts });
  const words = said.map(({ id, text }) => `${resources.nameOf(id)} <= ${text}`).join(' and ');
  return nodes > 0 ? [{ text: `${fitsOn(nodes)} if ${words}`, nodes }] : [];
}

export const fitsOn = (nodes: number): string => `fits on ${nodes} node${nodes === 1 ? '' : 's'}`;
