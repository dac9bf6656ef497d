/** A timer that has been set. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time. Production uses {@link systemClock}; the simulator and tests drive their own, which is
 * what makes a whole cell replay from a seed.
 */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. May jump; use it only for time stamps people and other machines see. */
  now(): number;
  /** Milliseconds from an arbitrary origin; never goes back. Use it for durations and deadlines. */
  monotonicMs(): number;
  /** Calls `fn` once, no sooner than `delayMs` (>= 0) from now. The timer does not keep the process alive. */
  setTimer(delayMs: number, fn: () => void): Timer;
}

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** `now` as Kubernetes' `metav1.Time`: RFC 3339, UTC, whole seconds. */
export function timestamp(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== latest.second) latest = { second, text: `${new Date(nowMs).toISOString().slice(0, 19)}Z` };
  return latest.text;
}

/** A memo of a pure function: thousands of time stamps are of the same second. */
let latest = { second: Number.NaN, text: '' };

/** `now` as Kubernetes' `metav1.MicroTime`: RFC 3339, UTC, six decimals. */
export function microTimestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 23)}000Z`;
}

/** Node's longest timer; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, fn) {
    const handle = setTimeout(fn, Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};
