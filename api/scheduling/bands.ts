import type { PriorityClass } from './priority-class.ts';

/**
 * Borg's priority bands ("Large-scale cluster management at Google with Borg", section 2.5: monitoring, production, batch and
 * best effort, here called free) as ranges of Kubernetes' priority.
 *
 * Where the lines are, and why:
 * - A pod that names no class has priority 0 in Kubernetes. It is **batch**, at the very bottom of that band: production is a
 *   promise that must be asked for, since it is paid for with reservations that others cannot use. Work that says nothing runs,
 *   yields to production, and is never pushed out by free work.
 * - **free** is everything below zero, so nobody gets there by accident.
 * - **production** starts at 1,000,000: the value the Kubernetes docs give their example of a class for important services, so
 *   that charts which bring a "high priority" class of their own land where they mean to.
 * - **monitoring** is the top tenth of what users may define, and the system's own classes above it.
 * Each band is wide, and its built-in class stands inside it, so that a cell can define finer classes on both sides.
 */

export type Band = 'monitoring' | 'production' | 'batch' | 'free';

export interface BandRange {
  readonly name: Band;
  /** Lowest priority in the band; the band reaches up to the next one. */
  readonly minPriority: number;
}

/** Priorities users may give; above are the system's ("Pod Priority and Preemption"). */
export const HIGHEST_USER_PRIORITY = 1_000_000_000;

/** Priority of a pod that names no class where no class is the global default. */
export const DEFAULT_PRIORITY = 0;

/** The lowest priority there is: that of the last band. */
export const LOWEST_PRIORITY = -(2 ** 31);

/** From the most important to the least: where the lines are unless the cell's SchedulingPolicy moves them. */
export const BANDS: readonly BandRange[] = [
  { name: 'monitoring', minPriority: 900_000_000 },
  { name: 'production', minPriority: 1_000_000 },
  { name: 'batch', minPriority: DEFAULT_PRIORITY },
  { name: 'free', minPriority: LOWEST_PRIORITY },
];

/** Classes of the system itself, by name. */
export const SYSTEM_CLASSES: ReadonlyMap<string, number> = new Map([
  ['system-cluster-critical', 2 * HIGHEST_USER_PRIORITY],
  ['system-node-critical', 2 * HIGHEST_USER_PRIORITY + 1000],
]);

/** The band of a priority; `undefined` counts as the default priority. `bands` descend, as those of a SchedulingPolicy do. */
export function bandOf(priority: number | undefined, bands: readonly BandRange[] = BANDS): Band {
  const value = priority ?? DEFAULT_PRIORITY;
  for (const { name, minPriority } of bands) if (value >= minPriority) return name;
  return 'free';
}

/** 0 for monitoring, 3 for free: sorts the most important first. */
export const bandRank = (band: Band): number => BANDS.findIndex(({ name }) => name === band);

const builtIn = (
  name: string,
  value: number,
  description: string,
  preemptionPolicy: PriorityClass['preemptionPolicy'] = 'PreemptLowerPriority',
): PriorityClass => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
  description,
  preemptionPolicy,
});

const systemValue = (name: string): number => SYSTEM_CLASSES.get(name) ?? HIGHEST_USER_PRIORITY;

/** The classes every cell has, made fresh on every call; none is the global default. */
export const builtInPriorityClasses = (): PriorityClass[] => [
  builtIn(
    'system-node-critical',
    systemValue('system-node-critical'),
    'For pods without which a node does not work; they must stay on it.',
  ),
  builtIn(
    'system-cluster-critical',
    systemValue('system-cluster-critical'),
    'For pods without which the cell does not work; they may move to another node.',
  ),
  builtIn('monitoring', 950_000_000, 'For what watches over the cell and its work.'),
  builtIn('production', 10_000_000, 'For services people wait for; pushes out batch and free work.'),
  builtIn('batch', 100_000, 'For work that may wait; runs on what production leaves, ahead of pods without a class.'),
  builtIn('free', -1_000_000, 'For work that runs only where nothing else wants to; pushes out nothing.', 'Never'),
];
