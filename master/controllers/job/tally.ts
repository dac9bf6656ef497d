import type { Job, JobStatus } from '../../../api/batch/job.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type Decision, update } from '../kit/decision.ts';
import { without } from '../kit/ownership.ts';
import { isFinished, isTerminating } from '../pods/pod-state.ts';
import { failureOf } from './failure-policy.ts';
import { carriesCount, hasLimitPerIndex, type Indexes, indexesOf, indexOf, isFailure, isIndexed } from './indexes.ts';

/** Holds a pod of a Job until its end has been counted (Kubernetes docs, "Jobs", job tracking with finalizers). */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';

/** Ended pods that a status notes at a time; what is left over is noted by the passes after it. */
const MAX_UNCOUNTED = 500;

/** Uids of ended pods. */
type Ends = Record<'succeeded' | 'failed', string[]>;
type End = keyof Ends;

export const isTracked = (pod: Pod): boolean => metaOf(pod).finalizers?.includes(TRACKING_FINALIZER) ?? false;

/**
 * Counts every end exactly once, in three passes, each of which may be repeated after a crash without harm:
 *
 * 1. the uid of an ended pod that still has the finalizer is noted in `uncountedTerminatedPods`;
 * 2. the finalizer of a pod that is noted (in the stored status) is taken off;
 * 3. a uid whose pod has no finalizer any more, or is gone, moves into the count.
 *
 * A pod without the finalizer is never noted again, so none counts twice; a pod with it cannot vanish, so none is missed.
 */
export interface Tally {
  /** Succeeded and failed pods, those not counted yet included. */
  readonly succeeded: number;
  readonly failed: number;
  /** How far the indexes are, where pods have them: then each index counts, and not each pod that succeeded. */
  readonly indexes: Indexes | undefined;
  /** What the status should say after this pass. */
  readonly next: Pick<
    JobStatus,
    'succeeded' | 'failed' | 'uncountedTerminatedPods' | 'completedIndexes' | 'failedIndexes'
  >;
  /** Nothing is left to be noted, freed or counted. */
  readonly settled: boolean;
  /** Pods whose finalizer can go now. */
  readonly free: readonly Pod[];
}

export function tally(job: Job, owned: readonly Pod[]): Tally {
  const indexes = indexesOf(job, owned);
  const status = job.status ?? {};
  const noted = {
    succeeded: status.uncountedTerminatedPods?.succeeded ?? [],
    failed: status.uncountedTerminatedPods?.failed ?? [],
  };
  const held = new Set(owned.filter(isTracked).map(uidOf));
  const counted = (end: End) => (status[end] ?? 0) + noted[end].filter((uid) => !held.has(uid)).length;
  const known = new Set([...noted.succeeded, ...noted.failed]);
  const found = newEnds(job, owned, known);
  const kept = (end: End) => noted[end].filter((uid) => held.has(uid));
  const next = noteMore({ succeeded: kept('succeeded'), failed: kept('failed') }, found);
  // All of them count at once, or pods would be made in place of those whose turn to be noted has not come.
  const ended = (end: End) => counted(end) + kept(end).length + found[end].length;
  const settled = next.succeeded.length + next.failed.length === 0;
  const succeeded = indexes ? indexes.completed.size : ended('succeeded');
  return {
    succeeded,
    failed: ended('failed'),
    indexes,
    next: {
      succeeded: (indexes ? succeeded : counted('succeeded')) || undefined,
      failed: counted('failed') || undefined,
      uncountedTerminatedPods: settled ? {} : { succeeded: orAbsent(next.succeeded), failed: orAbsent(next.failed) },
      ...(indexes && { completedIndexes: String(indexes.completed) || undefined }),
      ...(indexes && hasLimitPerIndex(job) && { failedIndexes: String(indexes.failed) }),
    },
    settled,
    free: owned.filter((pod) => isTracked(pod) && mayGo(job, pod, known, indexes)),
  };
}

/** Whether the end of a pod is counted, or needs no counting. */
function mayGo(job: Job, pod: Pod, known: ReadonlySet<string>, indexes: Indexes | undefined): boolean {
  if (indexes && pod.status?.phase === 'Succeeded') {
    const index = indexOf(job, pod);
    return index === undefined || indexes.noted.completed.has(index);
  }
  if (indexes && carriesCount(job, pod, indexes)) return false;
  return known.has(uidOf(pod)) || endsUncounted(job, pod);
}

/** What is noted, and as much of what is found as there is room for. */
function noteMore(noted: Ends, found: Ends): Ends {
  const room = Math.max(0, MAX_UNCOUNTED - noted.succeeded.length - noted.failed.length);
  const succeeded = found.succeeded.slice(0, room);
  const failed = found.failed.slice(0, room - succeeded.length);
  return { succeeded: [...noted.succeeded, ...succeeded], failed: [...noted.failed, ...failed] };
}

/** Ends that nobody has noted yet. */
function newEnds(job: Job, owned: readonly Pod[], known: ReadonlySet<string>): Ends {
  const ends: Ends = { succeeded: [], failed: [] };
  for (const pod of owned) {
    if (!isTracked(pod) || known.has(uidOf(pod)) || endsUncounted(job, pod)) continue;
    const end = endOf(pod, job);
    if (!end) continue;
    ends[end].push(uidOf(pod));
  }
  return ends;
}

/**
 * How a pod ended. One that is being deleted counts as failed at once, since the end of a pod on a lost machine may never be
 * told, unless its Job asks to wait for it (`podReplacementPolicy: Failed`).
 */
function endOf(pod: Pod, job: Job): End | undefined {
  if (pod.status?.phase === 'Succeeded') return isIndexed(job) ? undefined : 'succeeded';
  return isFailure(pod, job) ? 'failed' : undefined;
}

/** A pod that its Job ended by being suspended, or whose failure is to be ignored, neither succeeded nor failed. */
const endsUncounted = (job: Job, pod: Pod): boolean =>
  (job.spec?.suspend === true && isTerminating(pod) && pod.status?.phase !== 'Succeeded') ||
  failureOf(job, pod).action === 'Ignore';

export const untrack = (pod: Pod): Decision =>
  update(pods, pod, (current) => {
    metaOf(current).finalizers = without(metaOf(current).finalizers, TRACKING_FINALIZER);
  });

/** Pods that are ending but have not ended. */
export const countTerminating = (owned: readonly Pod[]): number =>
  owned.filter((pod) => isTerminating(pod) && !isFinished(pod)).length;

const uidOf = (pod: Pod): string => metaOf(pod).uid ?? '';
const orAbsent = (uids: string[]): string[] | undefined => (uids.length > 0 ? uids : undefined);
