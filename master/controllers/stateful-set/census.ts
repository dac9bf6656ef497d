import type { ControllerRevision } from '../../../api/apps/controller-revision.ts';
import type { StatefulSet } from '../../../api/apps/stateful-set.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { availableAtMs, isFinished, isTerminating } from '../pods/pod-state.ts';
import { ordinalOf, revisionOf } from './identity.ts';

/** One number of the set and the pod that has it. */
export interface Seat {
  readonly ordinal: number;
  readonly pod: Pod | undefined;
  /** It runs, and has been ready for as long as the set asks. */
  readonly healthy: boolean;
  /** It was made from the present template. */
  readonly updated: boolean;
}

export interface Census {
  readonly set: StatefulSet;
  readonly nowMs: number;
  /** Those that are to be there, lowest number first. */
  readonly seats: readonly Seat[];
  /** Pods of other numbers, highest first: they are to go. */
  readonly condemned: readonly Seat[];
  /** The revision new pods below the partition get, and that of the present template. */
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
}

export const replicasOf = ({ spec }: StatefulSet): number => spec?.replicas ?? 1;
export const startOf = ({ spec }: StatefulSet): number => spec?.ordinals?.start ?? 0;

export function censusOf(
  set: StatefulSet,
  owned: readonly Pod[],
  revisions: Pick<Census, 'current' | 'update'>,
  nowMs: number,
): Census {
  const byOrdinal = new Map<number, Pod>();
  for (const pod of owned) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal !== undefined) byOrdinal.set(ordinal, pod);
  }
  const update = metaOf(revisions.update).name;
  const seatOf = (ordinal: number): Seat => {
    const pod = byOrdinal.get(ordinal);
    const healthy = pod !== undefined && isHealthy(set, pod, nowMs);
    return { ordinal, pod, healthy, updated: pod !== undefined && revisionOf(pod) === update };
  };
  const start = startOf(set);
  const end = start + replicasOf(set);
  const others = [...byOrdinal.keys()].filter((ordinal) => ordinal < start || ordinal >= end);
  return {
    set,
    nowMs,
    seats: Array.from({ length: replicasOf(set) }, (_, at) => seatOf(start + at)),
    condemned: others.sort((a, b) => b - a).map(seatOf),
    ...revisions,
  };
}

function isHealthy(set: StatefulSet, pod: Pod, nowMs: number): boolean {
  const atMs = availableAtMs(pod, set.spec?.minReadySeconds ?? 0);
  return !isTerminating(pod) && !isFinished(pod) && atMs !== undefined && atMs <= nowMs;
}
