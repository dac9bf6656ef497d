import { type Band, bandOf } from '../../api/scheduling/bands.ts';

/** Shares of the machine's CPU time in use, from 0 to 1, at which it counts as short and as enough again. */
const SHORT = 0.95;
const ENOUGH = 0.8;

/** Whether CPU is short: it comes at once and goes only when there is clearly enough, so that it does not flutter. */
export const isCpuShort = (before: boolean, busy: number): boolean => busy >= (before ? ENOUGH : SHORT);

/** What is left of a band's shares while CPU is short. */
const LEFT: Readonly<Record<Band, number>> = { monitoring: 1, production: 1, batch: 1 / 64, free: 1 / 256 };
const MIN_SHARES = 2;

/**
 * The shares of a pod while CPU is short (Borg, "Large-scale cluster management at Google with Borg", section 6.2: batch work is starved of
 * CPU for a while so that latency-sensitive work gets what it needs). Shares take nothing away that nobody else wants.
 */
export function throttledShares(shares: number, priority: number | undefined): number {
  return Math.max(MIN_SHARES, Math.floor(shares * LEFT[bandOf(priority)]));
}
