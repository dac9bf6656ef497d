import type { Signals, Supply } from './signals.ts';
import { leastOf, type Signal, type Threshold } from './thresholds.ts';

export const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;
export type PressureType = (typeof PRESSURES)[number];

/** A threshold that is met: so much is left, where `least` should be. */
export interface Shortage extends Supply {
  readonly threshold: Threshold;
  readonly least: number;
}

/** What is remembered from one look to the next. */
export interface PressureState {
  /** Since when each threshold is met, by {@link keyOf}. */
  readonly metSinceMs: ReadonlyMap<string, number>;
  /** When there was last a sign of each pressure. */
  readonly lastSeenMs: ReadonlyMap<PressureType, number>;
}

export const CALM: PressureState = { metSinceMs: new Map(), lastSeenMs: new Map() };

export interface PressureVerdict {
  readonly state: PressureState;
  /** Conditions that hold, with what is short now (undefined: nothing any more, but not for long enough). */
  readonly pressures: ReadonlyMap<PressureType, Shortage | undefined>;
  /** Shortages that call for action: the most urgent first (memory, then disk, then process ids). */
  readonly urgent: readonly Shortage[];
  /** Close to some threshold: worth a look again soon. */
  readonly near: boolean;
}

export interface PressureRules {
  readonly thresholds: readonly Threshold[];
  readonly transitionMs: number;
}

/** "Close" is less than so many times what is least. */
const NEAR = 2;

/**
 * What a look at the machine means (Kubernetes, "Node-pressure Eviction"): a condition holds from the first sign until the transition
 * period after the last; action is called for at once for a hard threshold, and after its grace for a soft one. Pure; `nowMs` is monotonic.
 */
export function judgePressure(
  before: PressureState,
  signals: Signals,
  { thresholds, transitionMs }: PressureRules,
  nowMs: number,
): PressureVerdict {
  const shortages = thresholds.flatMap((threshold) => shortageOf(threshold, signals) ?? []);
  const metSinceMs = new Map(
    shortages.map(({ threshold }) => [keyOf(threshold), before.metSinceMs.get(keyOf(threshold)) ?? nowMs]),
  );
  const lastSeenMs = new Map(before.lastSeenMs);
  for (const { threshold } of shortages) lastSeenMs.set(pressureOf(threshold.signal), nowMs);
  const pressures = new Map<PressureType, Shortage | undefined>();
  for (const type of PRESSURES) {
    const seenMs = lastSeenMs.get(type);
    if (seenMs === undefined || (seenMs !== nowMs && nowMs - seenMs >= transitionMs)) continue;
    pressures.set(
      type,
      shortages.find(({ threshold }) => pressureOf(threshold.signal) === type),
    );
  }
  const urgent = shortages
    .filter(({ threshold }) => nowMs - (metSinceMs.get(keyOf(threshold)) ?? nowMs) >= threshold.graceMs)
    .sort((a, b) => urgency(a) - urgency(b));
  const near = thresholds.some((threshold) => isNear(threshold, signals));
  return { state: { metSinceMs, lastSeenMs }, pressures, urgent, near };
}

function shortageOf(threshold: Threshold, signals: Signals): Shortage | undefined {
  const supply = signals.get(threshold.signal);
  if (!supply) return undefined;
  const least = leastOf(threshold, supply.capacity);
  return supply.available < least ? { threshold, least, ...supply } : undefined;
}

function isNear(threshold: Threshold, signals: Signals): boolean {
  const supply = signals.get(threshold.signal);
  return supply !== undefined && supply.available < NEAR * leastOf(threshold, supply.capacity);
}

export function pressureOf(signal: Signal): PressureType {
  if (signal === 'memory.available') return 'MemoryPressure';
  return signal === 'pid.available' ? 'PIDPressure' : 'DiskPressure';
}

const urgency = ({ threshold }: Shortage): number => PRESSURES.indexOf(pressureOf(threshold.signal));
const keyOf = ({ signal, amount, share, graceMs }: Threshold): string => `${signal}<${amount}/${share}+${graceMs}`;
