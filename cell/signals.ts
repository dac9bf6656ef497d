import type { Clock } from '../platform/clock.ts';

/** npm and terminals each send Ctrl-C: signals this close together are one wish. */
const SAME_WISH_MS = 1_000;

/**
 * The first SIGINT or SIGTERM aborts the signal; a second one (not merely another copy of the first) ends the process at once,
 * with the exit code shells expect.
 */
export function endOnSignals(clock: Clock): AbortSignal {
  const ending = new AbortController();
  let firstMs: number | undefined;
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(name, () => {
      const nowMs = clock.monotonicMs();
      if (firstMs === undefined) {
        firstMs = nowMs;
        ending.abort(new Error(`received ${name}`));
      } else if (nowMs - firstMs > SAME_WISH_MS) process.exit(code);
    });
  }
  return ending.signal;
}

/** Resolves once the signal has aborted, and keeps the process alive until then. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  // Signal handlers alone do not keep Node running.
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  } finally {
    clearInterval(alive);
  }
}
