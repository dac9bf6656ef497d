/** Kubernetes, "Pod Lifecycle", "Container restarts": 10 s, doubling, at most five minutes, forgotten after ten good minutes. */
const CRASH_BASE_MS = 10_000;
const CRASH_MAX_MS = 300_000;
const GOOD_RUN_MS = 600_000;

/** Other tries of the agent: it is this machine's own engine that is asked, so the first ones come soon. */
const RETRY_BASE_MS = 1_000;
const RETRY_MAX_MS = 60_000;

export interface Run {
  /** Earlier attempts that ended soon, in a row. */
  readonly crashes: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
}

/** How many ends in a row count against a container whose attempt `run` has ended; a long run forgives them all. */
function standingCrashes(run: Run): number {
  const ranMs = (run.finishedAtMs ?? 0) - (run.startedAtMs ?? run.finishedAtMs ?? 0);
  return ranMs >= GOOD_RUN_MS ? 0 : run.crashes;
}

/** How long after its end a container waits to be started again: not at all the first time. */
export function restartDelayMs(run: Run): number {
  const crashes = standingCrashes(run);
  return crashes === 0 ? 0 : Math.min(CRASH_MAX_MS, CRASH_BASE_MS * 2 ** (crashes - 1));
}

/** The `crashes` of the attempt that follows `run`. */
export const crashesAfter = (run: Run): number => standingCrashes(run) + 1;

/** Delay before another try at a step that failed `failures` (>= 1) times in a row. */
export function retryDelayMs(reason: string, failures: number): number {
  const pulling = reason === 'ErrImagePull' || reason === 'ImagePullBackOff';
  const base = pulling ? CRASH_BASE_MS : RETRY_BASE_MS;
  return Math.min(pulling ? CRASH_MAX_MS : RETRY_MAX_MS, base * 2 ** (failures - 1));
}
