import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { parseTimeMs } from './pod-state.ts';

/** Refusals count for so long. */
const MEMORY_MS = 600_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** Its node would not have it: it has failed, and no container of it ever ran. */
export const isRefused = ({ status }: Pod): boolean =>
  status?.phase === 'Failed' &&
  !(status.containerStatuses ?? []).some(({ containerID, state }) => containerID || state?.terminated);

/**
 * How long to wait before another pod is made in the place of those that were refused, in milliseconds: 1 s after the first one of the
 * last ten minutes, and twice as long after each that follows. While a node has less room than the cell's books say, what is made
 * anew would be sent there, and refused, as fast as it can be written. (Borg tells its scheduler not to repeat pairings of tasks and
 * machines that failed: "Large-scale cluster management at Google with Borg", section 4.)
 */
export function waitAfterRefusals(pods: readonly Pod[], nowMs: number): number {
  let count = 0;
  let newestMs = 0;
  for (const pod of pods) {
    if (!isRefused(pod)) continue;
    const madeMs = parseTimeMs(metaOf(pod).creationTimestamp);
    if (madeMs < nowMs - MEMORY_MS) continue;
    count += 1;
    newestMs = Math.max(newestMs, madeMs);
  }
  if (count === 0) return 0;
  return Math.max(0, newestMs + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - 1)) - nowMs);
}
