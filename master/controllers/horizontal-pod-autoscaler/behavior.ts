import type { ScalingBehavior, ScalingRules } from '../../../api/autoscaling/scaling-behavior.ts';

/** What an autoscaler remembers: wishes and changes of the last while, oldest first. */
export interface Memory {
  readonly wishes: readonly { readonly atMs: number; readonly replicas: number }[];
  /** `by`: pods added (positive) or removed. */
  readonly changes: readonly { readonly atMs: number; readonly by: number }[];
}

export const NO_MEMORY: Memory = { wishes: [], changes: [] };

/** Longest window and longest period that the API lets anybody ask for. */
const LONGEST_MS = 3_600_000;
type Policies = NonNullable<ScalingRules['policies']>;

const DOWN_WINDOW_SECONDS = 300;
const UP_POLICIES: Policies = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const DOWN_POLICIES: Policies = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

export interface Decided {
  readonly replicas: number;
  readonly memory: Memory;
  /** What held the wish back, as a condition's reason and message. */
  readonly limited?: { readonly reason: string; readonly message: string };
  readonly stabilized: boolean;
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/**
 * Turns a wish into a number of pods: the most cautious wish of the window counts, no policy lets more change in its period, and the
 * bounds hold (Kubernetes docs, "Horizontal Pod Autoscaling", "Configurable scaling behavior"). Pure; the memory comes back anew.
 */
export function decide(
  wish: number,
  current: number,
  bounds: Bounds,
  behavior: ScalingBehavior | undefined,
  memory: Memory,
  nowMs: number,
): Decided {
  const wishes = [...memory.wishes.filter(({ atMs }) => atMs > nowMs - LONGEST_MS), { atMs: nowMs, replicas: wish }];
  const changes = memory.changes.filter(({ atMs }) => atMs > nowMs - LONGEST_MS);
  const stable = stabilized(wishes, current, behavior, nowMs);
  const paced = pacedBy(stable, current, behavior, changes, nowMs);
  const replicas = Math.min(bounds.max, Math.max(bounds.min, paced));
  const limited = limitOf(stable, paced, replicas, bounds);
  const changed = replicas === current ? changes : [...changes, { atMs: nowMs, by: replicas - current }];
  return { replicas, memory: { wishes, changes: changed }, limited, stabilized: stable !== wish };
}

function stabilized(wishes: Memory['wishes'], current: number, behavior: ScalingBehavior | undefined, nowMs: number) {
  const within = (seconds: number) =>
    wishes.filter(({ atMs }) => atMs >= nowMs - seconds * 1_000).map(({ replicas }) => replicas);
  const up = Math.min(
    ...within(behavior?.scaleUp?.stabilizationWindowSeconds ?? 0),
    wishes.at(-1)?.replicas ?? current,
  );
  const down = Math.max(
    ...within(behavior?.scaleDown?.stabilizationWindowSeconds ?? DOWN_WINDOW_SECONDS),
    wishes.at(-1)?.replicas ?? current,
  );
  return Math.min(Math.max(current, up), down);
}

function pacedBy(
  wish: number,
  current: number,
  behavior: ScalingBehavior | undefined,
  changes: Memory['changes'],
  nowMs: number,
): number {
  if (wish > current) {
    const { policies = UP_POLICIES, selectPolicy = 'Max' } = behavior?.scaleUp ?? {};
    return selectPolicy === 'Disabled'
      ? current
      : Math.min(wish, reach(1, policies, selectPolicy, current, changes, nowMs));
  }
  if (wish < current) {
    const { policies = DOWN_POLICIES, selectPolicy = 'Max' } = behavior?.scaleDown ?? {};
    return selectPolicy === 'Disabled'
      ? current
      : Math.max(wish, reach(-1, policies, selectPolicy, current, changes, nowMs));
  }
  return wish;
}

/** How far the policies let it go in one direction: from what there was at the beginning of each one's period. */
function reach(
  direction: 1 | -1,
  policies: Policies,
  select: 'Max' | 'Min',
  current: number,
  changes: Memory['changes'],
  nowMs: number,
): number {
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const recent = changes.filter(({ atMs, by }) => atMs > nowMs - periodSeconds * 1_000 && by * direction > 0);
    const start = current - recent.reduce((all, { by }) => all + by, 0);
    if (type === 'Pods') return start + direction * value;
    const share = start * (1 + (direction * value) / 100);
    return direction > 0 ? Math.ceil(share) : Math.floor(share);
  });
  const most = direction > 0 ? Math.max(...limits) : Math.min(...limits);
  const least = direction > 0 ? Math.min(...limits) : Math.max(...limits);
  const reached = select === 'Max' ? most : least;
  return direction > 0 ? Math.max(current, reached) : Math.min(current, reached);
}

function limitOf(wish: number, paced: number, replicas: number, { min, max }: Bounds): Decided['limited'] {
  if (wish > max || replicas < paced) {
    return {
      reason: 'TooManyReplicas',
      message: `the desired replica count is more than the maximum replica count (${max})`,
    };
  }
  if (wish < min || replicas > paced) {
    return {
      reason: 'TooFewReplicas',
      message: `the desired replica count is less than the minimum replica count (${min})`,
    };
  }
  if (paced > wish)
    return {
      reason: 'ScaleDownLimit',
      message: 'the desired replica count is decreasing faster than the maximum scale rate',
    };
  if (paced < wish)
    return {
      reason: 'ScaleUpLimit',
      message: 'the desired replica count is increasing faster than the maximum scale rate',
    };
  return undefined;
}
