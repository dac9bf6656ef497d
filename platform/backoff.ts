import type { Rng } from './rng.ts';

export interface BackoffPolicy {
  /** First delay. */
  baseMs: number;
  /** No delay is longer. */
  maxMs: number;
  /** Each delay is this many times the one before. Default 2. */
  factor?: number;
}

/**
 * The delay before attempt `failures + 1`: exponential with full jitter over its upper half, so that clients that failed
 * together do not return together.
 */
export function backoffMs(policy: BackoffPolicy, failures: number, rng: Rng): number {
  const ceiling = Math.min(policy.maxMs, policy.baseMs * (policy.factor ?? 2) ** Math.max(0, failures - 1));
  return ceiling / 2 + (ceiling / 2) * rng.next();
}
