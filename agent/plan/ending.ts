import { isSidecar } from '../../api/core/pod-resources.ts';
import type { Pod } from '../pod-types.ts';
import { specOf } from '../pod-types.ts';
import type { ObservedContainer, ObservedPod } from './state.ts';
import type { Step } from './steps.ts';
import { earliest } from './surroundings.ts';

export interface Ending {
  readonly steps: readonly Step[];
  /** Whether any container but the sandbox still runs. */
  readonly running: boolean;
  readonly wakeAtMs?: number;
}

/** The engine kills at the end of the grace; this much later the agent does. */
const OVERDUE_MS = 2_000;
/** A sidecar whose turn comes after the pod's grace is over. */
const LEAST_GRACE_SECONDS = 2;

/**
 * Asks every running container to end, and kills what outlives its grace, which may have become shorter since it was first asked.
 * Sidecars end after all others, one after the other, the last of the spec first, within what is left of the pod's grace (Kubernetes,
 * "Sidecar Containers", "Sidecar containers and Pod lifecycle"). `why`, for people, where they did not ask for it.
 */
export function endContainers(pod: Pod, observed: ObservedPod, grace: number, nowMs: number, why?: string): Ending {
  const running = observed.containers.filter((one) => one.role !== 'sandbox' && one.state === 'running');
  const steps: Step[] = [];
  let wakeAtMs: number | undefined;
  const { turn, late } = whoseTurn(pod, running);
  const most = late ? graceLeft(pod, grace, nowMs) : grace;
  for (const { id, name: container } of turn) {
    const stopping = observed.stopping.get(id);
    if (!stopping) {
      steps.push({ type: 'stopContainer', container, id, graceSeconds: most, ...(why && { why }) });
      continue;
    }
    const shorter = grace < stopping.graceSeconds;
    const endSeconds = Math.min(grace, stopping.graceSeconds);
    const killAtMs = stopping.sinceMs + endSeconds * 1000 + (shorter ? 0 : OVERDUE_MS);
    if (nowMs >= killAtMs) steps.push({ type: 'killContainer', container, id });
    wakeAtMs = earliest(wakeAtMs, nowMs >= killAtMs ? nowMs + OVERDUE_MS : killAtMs);
  }
  return { steps, running: running.length > 0, wakeAtMs };
}

/** Those that are to end now, and whether others had to end before them. */
function whoseTurn(
  pod: Pod,
  running: readonly ObservedContainer[],
): { turn: readonly ObservedContainer[]; late: boolean } {
  const sidecars = (specOf(pod).initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const place = ({ name, role }: ObservedContainer) => (role === 'init' ? sidecars.indexOf(name) : -1);
  const others = running.filter((one) => place(one) < 0);
  if (others.length > 0) return { turn: others, late: false };
  const last = Math.max(...running.map(place));
  return { turn: running.filter((one) => place(one) === last), late: true };
}

/** Of the grace that began when the pod was deleted. */
function graceLeft(pod: Pod, grace: number, nowMs: number): number {
  const { deletionTimestamp } = pod.metadata ?? {};
  if (!deletionTimestamp) return grace;
  const left = Math.ceil((Date.parse(deletionTimestamp) - nowMs) / 1000);
  return Math.min(grace, Math.max(LEAST_GRACE_SECONDS, left));
}
