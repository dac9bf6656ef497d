import type { DaemonSet } from '../../../api/apps/daemon-set.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Rng } from '../../../platform/rng.ts';
import { create, type Decision, event, remove, wake } from '../kit/decision.ts';
import { finishedAtMs } from '../pods/pod-state.ts';
import type { Place } from './census.ts';
import { daemonPod } from './daemon-pod.ts';

const COMPONENT = 'daemonset-controller';

/** A pod that ended is replaced this long after its end, so that one that cannot live does not keep the cell busy. */
const REPLACE_AFTER_MS = 10_000;

/** Makes the pod where it is missing, and removes it where it should not be, or is there twice or over. */
export function placementDecisions(
  set: DaemonSet,
  places: readonly Place[],
  hash: string,
  nowMs: number,
  rng: Rng,
): Decision[] {
  return places.flatMap((place) => decideOne(set, place, hash, nowMs, rng));
}

function decideOne(set: DaemonSet, place: Place, hash: string, nowMs: number, rng: Rng): Decision[] {
  const { should, mayStay, fresh, stale, ended, leaving } = place;
  if (!mayStay) return [...fresh, ...stale, ...ended].map((pod) => removed(set, pod));
  if (!should) return [];
  if (ended.length > 0) return ended.flatMap((pod) => replaced(set, pod, nowMs));
  if (fresh.length + stale.length === 0) return leaving ? [] : [made(set, place.name, hash, rng)];
  // One of each template may stand side by side while the new one comes up.
  return [...fresh.slice(1), ...stale.slice(1)].map((pod) => removed(set, pod));
}

export function made(set: DaemonSet, nodeName: string, hash: string, rng: Rng): Decision {
  const pod = daemonPod(set, nodeName, hash, rng);
  const note = { about: set, component: COMPONENT };
  const message = `Created pod: ${metaOf(pod).name}`;
  return create(pods, pod, {
    announce: { ...note, type: 'Normal', reason: 'SuccessfulCreate', message },
    complain: { ...note, type: 'Warning', reason: 'FailedCreate', message: 'Error creating' },
  });
}

export function removed(set: DaemonSet, pod: Pod): Decision {
  const message = `Deleted pod: ${metaOf(pod).name}`;
  const announce = { about: set, component: COMPONENT, type: 'Normal', reason: 'SuccessfulDelete', message } as const;
  return remove(pods, pod, { announce });
}

function replaced(set: DaemonSet, pod: Pod, nowMs: number): Decision[] {
  const waitMs = finishedAtMs(pod) + REPLACE_AFTER_MS - nowMs;
  if (waitMs > 0) return [wake(waitMs)];
  const failed = pod.status?.phase === 'Failed';
  const reason = failed ? 'FailedDaemonPod' : 'SucceededDaemonPod';
  const message = `Found ended daemon pod ${metaOf(pod).namespace}/${metaOf(pod).name} on node ${pod.spec?.nodeName}: it is replaced`;
  const type = failed ? 'Warning' : 'Normal';
  return [event({ about: set, component: COMPONENT, type, reason, message }), removed(set, pod)];
}
