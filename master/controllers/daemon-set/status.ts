import { type DaemonSet, type DaemonSetStatus, daemonSets } from '../../../api/apps/daemon-set.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Decision, updateStatus, wake } from '../kit/decision.ts';
import { availableAtMs, isReady } from '../pods/pod-state.ts';
import { isAvailable, type Place } from './census.ts';

/** Writes the counts when they changed, and wakes up when a ready pod will have been ready for long enough. */
export function statusDecisions(
  set: DaemonSet,
  places: readonly Place[],
  collides: boolean,
  nowMs: number,
): Decision[] {
  const counts = { desired: 0, current: 0, misscheduled: 0, ready: 0, available: 0, updated: 0 };
  let wakeAtMs = Number.POSITIVE_INFINITY;
  for (const { should, fresh, stale } of places) {
    const pods = [...fresh, ...stale];
    if (!should) {
      if (pods.length > 0) counts.misscheduled++;
      continue;
    }
    counts.desired++;
    if (pods.length > 0) counts.current++;
    if (fresh.length > 0) counts.updated++;
    if (pods.some(isReady)) counts.ready++;
    if (pods.some((pod) => isAvailable(set, pod, nowMs))) counts.available++;
    for (const pod of pods) {
      const atMs = availableAtMs(pod, set.spec?.minReadySeconds ?? 0);
      if (atMs !== undefined && atMs > nowMs) wakeAtMs = Math.min(wakeAtMs, atMs);
    }
  }
  const wakes = wakeAtMs < Number.POSITIVE_INFINITY ? [wake(wakeAtMs - nowMs)] : [];
  return [...changed(set, counts, collides), ...wakes];
}

type Counts = Readonly<Record<'desired' | 'current' | 'misscheduled' | 'ready' | 'available' | 'updated', number>>;

function changed(set: DaemonSet, counts: Counts, collides: boolean): Decision[] {
  const { desired, available } = counts;
  const next: DaemonSetStatus = {
    ...set.status,
    currentNumberScheduled: counts.current,
    desiredNumberScheduled: desired,
    numberAvailable: available || undefined,
    numberMisscheduled: counts.misscheduled,
    numberReady: counts.ready,
    numberUnavailable: desired - available || undefined,
    updatedNumberScheduled: counts.updated || undefined,
    observedGeneration: metaOf(set).generation,
    ...(collides && { collisionCount: (set.status?.collisionCount ?? 0) + 1 }),
  };
  if (sameJson(next, set.status)) return [];
  return [
    updateStatus(daemonSets, set, (current) => {
      current.status = { ...current.status, ...next };
    }),
  ];
}
