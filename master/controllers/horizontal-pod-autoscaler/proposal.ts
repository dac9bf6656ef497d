import type { Readings } from './readings.ts';

/** How many pods a metric asks for, and the value on which that rests. */
export interface Proposal {
  readonly replicas: number;
  /** Average in thousandths of the metric's unit, over the pods of which something is known. */
  readonly average: number;
  /** Average in percent of what is requested. */
  readonly utilization?: number;
}

/** What the metric is to be kept at. */
export type Goal =
  | { readonly type: 'utilization'; readonly percent: number }
  /** In thousandths of the unit. */
  | { readonly type: 'average'; readonly value: number };

/**
 * `ceil(pods * value / goal)`, within a tolerance (Kubernetes docs, "Horizontal Pod Autoscaling", "Algorithm details"). Pods of which
 * nothing is known are taken to use what would change least: none when it would go up, all of their goal when it would go down; pods
 * that are starting use nothing. Where that turns the direction around, nothing changes. `undefined`: nothing is known of any pod.
 */
export function propose(readings: Readings, goal: Goal, current: number, tolerance: Tolerance): Proposal | undefined {
  const { values, missing, unready } = readings;
  if (values.size === 0) return undefined;
  const seen = ratioOf(readings, goal, values);
  const about = { average: sum(values) / values.size, utilization: utilizationOf(readings, values) };
  if (missing.length === 0 && (unready.length === 0 || seen <= 1)) {
    const replicas = isClose(seen, tolerance) ? current : Math.ceil(round(seen * values.size));
    return { ...about, replicas };
  }
  const filled = new Map(values);
  for (const name of missing) filled.set(name, seen < 1 ? goalOf(readings, goal, name) : 0);
  if (seen > 1) for (const name of unready) filled.set(name, 0);
  const cautious = ratioOf(readings, goal, filled);
  const turned = (seen < 1 && cautious > 1) || (seen > 1 && cautious < 1);
  if (turned || isClose(cautious, tolerance)) return { ...about, replicas: current };
  const replicas = Math.ceil(round(cautious * filled.size));
  const backwards = (cautious < 1 && replicas > current) || (cautious > 1 && replicas < current);
  return { ...about, replicas: backwards ? current : replicas };
}

/** How far the value may be off before anything changes, up and down. */
export interface Tolerance {
  readonly up: number;
  readonly down: number;
}

export const isClose = (ratio: number, { up, down }: Tolerance): boolean => ratio <= 1 + up && ratio >= 1 - down;

/** Sums of fractions are off by a hair; a hair must not cost a pod. */
export const round = (value: number): number => Math.round(value * 1e6) / 1e6;

const sum = (values: ReadonlyMap<string, number>): number => [...values.values()].reduce((all, one) => all + one, 0);

function requested({ requests }: Readings, values: ReadonlyMap<string, number>): number {
  return [...values.keys()].reduce((all, name) => all + (requests?.get(name) ?? 0), 0);
}

function utilizationOf(readings: Readings, values: ReadonlyMap<string, number>): number | undefined {
  const total = requested(readings, values);
  return total > 0 ? Math.floor((100 * sum(values)) / total) : undefined;
}

function ratioOf(readings: Readings, goal: Goal, values: ReadonlyMap<string, number>): number {
  if (goal.type === 'average') return sum(values) / values.size / goal.value;
  const total = requested(readings, values);
  return total > 0 ? (100 * sum(values)) / total / goal.percent : 0;
}

const goalOf = ({ requests }: Readings, goal: Goal, name: string): number =>
  goal.type === 'average' ? goal.value : ((requests?.get(name) ?? 0) * goal.percent) / 100;
