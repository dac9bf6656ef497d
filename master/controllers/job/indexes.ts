import { IndexSet } from '../../../api/batch/index-set.ts';
import type { Job } from '../../../api/batch/job.ts';
import { COMPLETION_INDEX_LABEL } from '../../../api/batch/job-defaults.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { isActive, isTerminating, parseTimeMs } from '../pods/pod-state.ts';
import { failureOf } from './failure-policy.ts';

/** On a pod of a Job with a limit per index: failures of its index before it. */
export const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';

export const isIndexed = ({ spec }: Job): boolean => spec?.completionMode === 'Indexed';
export const hasLimitPerIndex = ({ spec }: Job): boolean => spec?.backoffLimitPerIndex !== undefined;

/** The number of a pod; undefined where it has none, or one that its Job does not have (any more). */
export function indexOf({ spec }: Job, pod: Pod): number | undefined {
  const text = metaOf(pod).annotations?.[COMPLETION_INDEX_LABEL] ?? '';
  const index = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return index < (spec?.completions ?? 0) ? index : undefined;
}

/** How far the indexes of a Job are (Kubernetes docs, "Jobs", "Completion mode" and "Backoff limit per index"). */
export interface Indexes {
  /** As the status has it: who is in here may lose its pods. */
  readonly noted: { readonly completed: IndexSet; readonly failed: IndexSet };
  /** As this pass finds it. */
  readonly completed: IndexSet;
  readonly failed: IndexSet;
  /** The last pod of each index; only where there is a limit per index. */
  readonly latest: ReadonlyMap<number, Pod>;
}

export function indexesOf(job: Job, owned: readonly Pod[]): Indexes | undefined {
  if (!isIndexed(job)) return undefined;
  const end = job.spec?.completions ?? 0;
  const noted = {
    completed: IndexSet.parse(job.status?.completedIndexes).below(end),
    failed: IndexSet.parse(job.status?.failedIndexes).below(end),
  };
  const succeeded = owned
    .filter(({ status }) => status?.phase === 'Succeeded')
    .flatMap((pod) => indexOf(job, pod) ?? []);
  const completed = noted.completed.with(succeeded);
  const failures = owned.flatMap((pod) => (hasFailedIndex(job, pod) ? (indexOf(job, pod) ?? []) : []));
  const failed = noted.failed.with(failures.filter((index) => !completed.has(index)));
  return { noted, completed, failed, latest: hasLimitPerIndex(job) ? latestOf(job, owned) : new Map() };
}

function latestOf(job: Job, owned: readonly Pod[]): Map<number, Pod> {
  const latest = new Map<number, Pod>();
  for (const pod of owned) {
    const index = indexOf(job, pod);
    if (index === undefined) continue;
    const known = latest.get(index);
    if (!known || isAfter(pod, known)) latest.set(index, pod);
  }
  return latest;
}

/** Whether with this pod's failure its index has failed. */
function hasFailedIndex(job: Job, pod: Pod): boolean {
  const limit = job.spec?.backoffLimitPerIndex;
  if (limit === undefined || !isFailure(pod, job)) return false;
  const { action } = failureOf(job, pod);
  if (action === 'FailIndex') return true;
  return action !== 'Ignore' && failuresUpTo(pod) > limit;
}

/** A pod that is being deleted has failed, unless its Job waits for it to say so. */
export const isFailure = (pod: Pod, { spec }: Job): boolean =>
  pod.status?.phase === 'Failed' ||
  (isTerminating(pod) && pod.status?.phase !== 'Succeeded' && spec?.podReplacementPolicy !== 'Failed');

/** Failures of its index, this one included. */
export const failuresUpTo = (pod: Pod): number => 1 + (Number(metaOf(pod).annotations?.[FAILURE_COUNT]) || 0);

/** The failures that the next pod of an index starts with, as its last pod tells. */
export function failuresOf(job: Job, index: number, { latest }: Indexes): number {
  const pod = latest.get(index);
  if (!pod || !isFailure(pod, job)) return 0;
  return failuresUpTo(pod) - (failureOf(job, pod).action === 'Ignore' ? 1 : 0);
}

/**
 * Whether a failed pod is still needed: of an index that is not over, the last one carries the count of failures until the next has
 * taken it over.
 */
export function carriesCount(job: Job, pod: Pod, { noted, latest }: Indexes): boolean {
  const index = indexOf(job, pod);
  if (index === undefined || latest.get(index) !== pod || job.spec?.suspend) return false;
  return !noted.completed.has(index) && !noted.failed.has(index);
}

const isAfter = (a: Pod, b: Pod): boolean =>
  failuresUpTo(a) > failuresUpTo(b) ||
  (failuresUpTo(a) === failuresUpTo(b) &&
    parseTimeMs(metaOf(a).creationTimestamp) > parseTimeMs(metaOf(b).creationTimestamp));

/** Indexes that have no pod and need one, lowest first. There may be two thousand million: take no more than are needed. */
export function* missingIndexes(job: Job, indexes: Indexes, owned: readonly Pod[]): Generator<number> {
  const waits = job.spec?.podReplacementPolicy === 'Failed';
  const busy = new Set(
    owned.filter((pod) => isActive(pod) || (waits && isRunningOut(pod))).map((pod) => indexOf(job, pod)),
  );
  for (let index = 0; index < (job.spec?.completions ?? 0); index++) {
    if (!busy.has(index) && !indexes.completed.has(index) && !indexes.failed.has(index)) yield index;
  }
}

const isRunningOut = (pod: Pod): boolean =>
  isTerminating(pod) && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded';

/** Active pods that stand for no index, or for one that another (older) stands for, or that is over. */
export function superfluous(job: Job, indexes: Indexes, active: readonly Pod[]): Pod[] {
  const seen = new Set<number>();
  const byAge = [...active].sort(
    (a, b) => parseTimeMs(metaOf(a).creationTimestamp) - parseTimeMs(metaOf(b).creationTimestamp),
  );
  return byAge.filter((pod) => {
    const index = indexOf(job, pod);
    if (index === undefined || seen.has(index) || indexes.completed.has(index) || indexes.failed.has(index))
      return true;
    seen.add(index);
    return false;
  });
}
