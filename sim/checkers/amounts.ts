import type { SeenObject } from '../history.ts';
import { count, entries, field, list, text } from './fields.ts';

/** Amounts of resources by name: cores, bytes, pieces. */
export type Amounts = ReadonlyMap<string, number>;

const FACTORS: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};
/** Sums of fractions are off by less than this. */
const NOISE = 1e-6;

/** A quantity as a number; exact enough to compare sums of a cell's size. NaN for what is none. */
export function amount(quantity: unknown): number {
  if (typeof quantity === 'number') return quantity;
  const match = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(String(quantity));
  return match ? Number(match[1]) * (FACTORS[match[2] ?? ''] ?? Number.NaN) : Number.NaN;
}

export const amountsOf = (quantities: unknown): Amounts =>
  new Map(entries(quantities).map(([name, quantity]) => [name, amount(quantity)]));

export const exceeds = (used: number, limit: number): boolean => used > limit + Math.max(1, Math.abs(limit)) * NOISE;

/** `into` grows by `amounts`, `times` over (-1: shrinks). */
export function add(into: Map<string, number>, amounts: Amounts, times = 1): void {
  for (const [name, value] of amounts) into.set(name, (into.get(name) ?? 0) + value * times);
}

function greatest(a: Amounts, b: Amounts): Map<string, number> {
  const most = new Map(a);
  for (const [name, value] of b) most.set(name, Math.max(most.get(name) ?? 0, value));
  return most;
}

const sum = (a: Amounts, b: Amounts): Map<string, number> => {
  const both = new Map(a);
  add(both, b);
  return both;
};

/** Requests of one container (limits stand in for those that are missing), or its limits. */
const ofContainer = (container: SeenObject, side: Side): Amounts =>
  amountsOf({ ...(field(container, 'resources', 'limits') ?? {}), ...(field(container, 'resources', side) ?? {}) });

type Side = 'requests' | 'limits';

/**
 * What a pod asks for in all ("Resource Management for Pods and Containers", "Sidecar Containers", "Pod Overhead"): init containers come one
 * by one, each beside the sidecars before it, then all the others together; and it is one of `pods`.
 */
export function podAmounts(pod: SeenObject, side: Side = 'requests'): Amounts {
  let sidecars: Amounts = new Map();
  let starting: Amounts = new Map();
  for (const container of list(pod, 'spec', 'initContainers')) {
    const own = ofContainer(container, side);
    const beside = sum(sidecars, own);
    if (text(container, 'restartPolicy') === 'Always') sidecars = beside;
    starting = greatest(starting, beside);
  }
  let running = sidecars;
  for (const container of list(pod, 'spec', 'containers')) running = sum(running, ofContainer(container, side));
  const whole = greatest(running, starting);
  for (const [name, value] of ofContainer((field(pod, 'spec') ?? {}) as SeenObject, side)) whole.set(name, value);
  add(whole, amountsOf(field(pod, 'spec', 'overhead')));
  whole.set('pods', 1);
  return whole;
}

/** What a pod holds at the least while a resize is under way: the smaller of what is asked for and what its agent has granted. */
export const heldAmounts = (pod: SeenObject): Amounts => whileResized(pod, Math.min);

/** What a scheduler keeps for it meanwhile: the greater of the two ("Resize CPU and Memory Resources assigned to Containers"). */
export const reservedAmounts = (pod: SeenObject): Amounts => whileResized(pod, Math.max);

function whileResized(pod: SeenObject, pick: (asked: number, granted: number) => number): Amounts {
  const asked = podAmounts(pod);
  const granted = new Map<string, number>();
  const statuses = list(pod, 'status', 'containerStatuses');
  const all = list(pod, 'spec', 'containers').length;
  if (statuses.length < all || (count(pod, 'metadata', 'generation') ?? 1) <= 1) return asked;
  for (const status of statuses) add(granted, amountsOf(field(status, 'allocatedResources')));
  const held = new Map(asked);
  for (const [name, value] of granted) held.set(name, pick(held.get(name) ?? value, value));
  return held;
}
