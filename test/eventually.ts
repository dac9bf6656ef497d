import { setTimeout as delay } from 'node:timers/promises';

/**
 * Tries `probe` until it resolves to something other than `undefined` or `false`, and resolves with that. Rejects with the last
 * failure once `deadlineMs` has passed.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 30_000,
): Promise<T> {
  const until = performance.now() + deadlineMs;
  let last: unknown = 'it was never true';
  for (;;) {
    try {
      const result = await probe();
      if (result !== undefined && result !== false) return result;
    } catch (error) {
      last = error;
    }
    if (performance.now() > until) {
      throw new Error(`waited ${deadlineMs} ms for ${what}: ${last instanceof Error ? last.message : last}`);
    }
    await delay(100);
  }
}
