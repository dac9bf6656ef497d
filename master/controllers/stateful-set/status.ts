import { type StatefulSetStatus, statefulSets } from '../../../api/apps/stateful-set.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Decision, updateStatus, wake } from '../kit/decision.ts';
import { availableAtMs, isFinished, isReady, isTerminating } from '../pods/pod-state.ts';
import { type Census, replicasOf } from './census.ts';
import { revisionOf } from './identity.ts';

/** Writes the counts when they changed, and wakes up when a ready pod will have been ready for long enough. */
export function statusDecisions(census: Census, collides: boolean, nowMs: number): Decision[] {
  const { set } = census;
  const next = { ...set.status, ...counts(census, nowMs), observedGeneration: metaOf(set).generation };
  if (collides) next.collisionCount = (set.status?.collisionCount ?? 0) + 1;
  const wakes = wakeUps(census, nowMs);
  if (sameJson(next, set.status)) return wakes;
  return [
    updateStatus(statefulSets, set, (after) => {
      after.status = { ...after.status, ...next };
    }),
    ...wakes,
  ];
}

const podsOf = ({ seats, condemned }: Census): Pod[] =>
  [...seats, ...condemned].flatMap(({ pod }) => (pod && !isFinished(pod) ? [pod] : []));

function counts(census: Census, nowMs: number): StatefulSetStatus {
  const { set, current, update } = census;
  const there = podsOf(census);
  const standing = there.filter((pod) => !isTerminating(pod));
  const [currentName, updateName] = [metaOf(current).name, metaOf(update).name];
  const seconds = set.spec?.minReadySeconds ?? 0;
  const count = (test: (pod: Pod) => boolean) => standing.filter(test).length;
  const readyReplicas = count(isReady);
  const updatedReplicas = count((pod) => revisionOf(pod) === updateName);
  const desired = replicasOf(set);
  const done = updatedReplicas === desired && readyReplicas === desired && there.length === desired;
  const isRolling = set.spec?.updateStrategy?.type !== 'OnDelete';
  const currentRevision = isRolling && done ? updateName : currentName;
  return {
    replicas: there.length,
    readyReplicas: readyReplicas || undefined,
    availableReplicas: count((pod) => (availableAtMs(pod, seconds) ?? Number.POSITIVE_INFINITY) <= nowMs),
    currentReplicas: count((pod) => revisionOf(pod) === currentRevision) || undefined,
    updatedReplicas: updatedReplicas || undefined,
    currentRevision,
    updateRevision: updateName,
  };
}

function wakeUps(census: Census, nowMs: number): Decision[] {
  const seconds = census.set.spec?.minReadySeconds ?? 0;
  const later = podsOf(census)
    .flatMap((pod) => availableAtMs(pod, seconds) ?? [])
    .filter((atMs) => atMs > nowMs);
  return later.length > 0 ? [wake(Math.min(...later) - nowMs)] : [];
}
