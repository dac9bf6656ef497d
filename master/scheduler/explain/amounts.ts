import { Footprint } from '../footprint.ts';
import { atMost } from '../quantities.ts';
import { CPU, MEMORY } from '../resources.ts';
import type { World } from '../world.ts';
import type { Change } from './changes.ts';
import type { Supposed } from './trial.ts';

/** From how many times as many nodes on an amount that is less still is worth a word. */
const MANY_TIMES = 2;
/** Less than this share of what is asked for is another pod. */
const LEAST_SHARE = 0.1;

/**
 * Smaller amounts of one resource that some slots have left, and which lack nothing else: the most there is anywhere, and what
 * half of them have where those are far more.
 */
export function amountsOf(resource: number, slots: readonly number[], supposed: Supposed, world: World): Change[] {
  const frees = slots.map((slot) => world.cell.free(resource, slot)).sort((a, b) => b - a);
  const most = atMostOf([[resource, frees[0] ?? 0]], supposed, world);
  const half = frees[Math.ceil(frees.length / 2) - 1] ?? 0;
  const many = atMostOf([[resource, half]], supposed, world);
  if (!most) return many ? [many] : [];
  if (!many || many.amount < LEAST_SHARE * askedOf(resource, supposed)) return [most];
  const countOf = (amount: number) => frees.filter((free) => free >= amount).length;
  return countOf(many.amount) >= MANY_TIMES * countOf(most.amount) ? [most, many] : [most];
}

/** A change of the first amount, which is kept for comparison. */
interface Lessened extends Change {
  readonly amount: number;
}

/** The pod with less of some resources; nothing where nothing would be left of cpu or memory. */
export function atMostOf(
  limits: readonly (readonly [resource: number, amount: number])[],
  supposed: Supposed,
  { cell: { resources } }: World,
): Lessened | undefined {
  // What is said is what is tried, rounded as it is.
  const said = limits.map(([id, amount]) => {
    const name = resources.nameOf(id);
    const text = atMost(name, Math.max(0, amount));
    return { id, name, text, amount: resources.amount(name, text) };
  });
  const isUseful = said.every(({ id, amount }) => amount > 0 || (id !== CPU && id !== MEMORY));
  if (!isUseful || said.length === 0) return undefined;
  const share = Math.min(...said.map(({ id, amount }) => amount / askedOf(id, supposed)));
  return {
    words: said
      .map(({ name, text, amount }) => (amount > 0 ? `${name} <= ${text}` : `it asks for no ${name}`))
      .join(' and '),
    cost: costOf(share),
    amount: said[0]!.amount,
    apply: (other) => withAmounts(other, new Map(said.map(({ id, amount }) => [id, amount]))),
  };
}

/** To do with half is more easily said than to do without. */
function costOf(share: number): number {
  if (share >= 0.5) return 1;
  if (share >= LEAST_SHARE) return 1.75;
  return share > 0 ? 2.75 : HARD;
}
const HARD = 4;

const askedOf = (id: number, { facts: { footprint } }: Supposed): number =>
  footprint.demand.amounts[footprint.demand.ids.indexOf(id)] ?? 0;

function withAmounts({ facts, ...others }: Supposed, limits: ReadonlyMap<number, number>): Supposed {
  const { demand } = facts.footprint;
  const lessened = demand.ids.map((id, index) => [id, limits.get(id) ?? demand.amounts[index]!] as const);
  const left = lessened.filter(([, amount]) => amount > 0);
  const ids = left.map(([id]) => id);
  const amounts = left.map(([, amount]) => amount);
  const footprint = new Footprint({ ...facts.footprint, demand: { ids, amounts } });
  return { facts: { ...facts, footprint }, ...others };
}
