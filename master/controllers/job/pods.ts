import { type Job, jobs } from '../../../api/batch/job.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Rng } from '../../../platform/rng.ts';
import { create, type Decision, MAX_WRITES_PER_PASS, remove, wake } from '../kit/decision.ts';
import { countByNode, inDeletionOrder } from '../pods/deletion-order.ts';
import { podFromTemplate } from '../pods/pod-from-template.ts';
import { finishedAtMs } from '../pods/pod-state.ts';
import { indexedPod } from './indexed-pod.ts';
import { failuresOf, hasLimitPerIndex, type Indexes, missingIndexes, superfluous } from './indexes.ts';
import type { Situation } from './situation.ts';
import { countTerminating, type Tally, TRACKING_FINALIZER } from './tally.ts';

export const COMPONENT = 'job-controller';

/** Wait after the first failure in a row; it doubles with each further one (Kubernetes docs, "Jobs", pod backoff failure policy). */
const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 600_000;

/** Makes pods that are missing, and removes those that are too many, for a Job that goes on. */
export function adjustPods({ job, owned, active, tally, nowMs }: Situation, rng: Rng): Decision[] {
  const { indexes } = tally;
  const spare = indexes ? superfluous(job, indexes, active) : [];
  if (spare.length > 0) return removePods(job, spare, spare.length, nowMs);
  const wanted = wantedActive(job, tally, active.length);
  if (active.length > wanted) return removePods(job, active, active.length - wanted, nowMs);
  // With `podReplacementPolicy: Failed` a pod on its way out still takes up its place.
  const ending = job.spec?.podReplacementPolicy === 'Failed' ? countTerminating(owned) : 0;
  const missing = wanted - active.length - ending;
  if (missing <= 0) return [];
  if (indexes && hasLimitPerIndex(job)) return createByIndex(job, owned, indexes, missing, nowMs, rng);
  const waitMs = backoffUntilMs(owned) - nowMs;
  if (waitMs > 0) return [wake(waitMs)];
  const count = Math.min(missing, MAX_WRITES_PER_PASS);
  const makers = indexes
    ? firstOf(missingIndexes(job, indexes, owned), count).map((index) => indexedPod(job, index, indexes, rng))
    : Array.from({ length: count }, () => plainPod(job, rng));
  return [...makers.map((pod) => creation(job, pod)), ...(count < missing ? [wake(0)] : [])];
}

function firstOf<T>(all: Iterable<T>, count: number): T[] {
  const first: T[] = [];
  for (const one of all) {
    if (first.length >= count) break;
    first.push(one);
  }
  return first;
}

/** Each index waits for its own failures only. */
function createByIndex(
  job: Job,
  owned: readonly Pod[],
  indexes: Indexes,
  missing: number,
  nowMs: number,
  rng: Rng,
): Decision[] {
  const decisions: Decision[] = [];
  let soonestMs = Number.POSITIVE_INFINITY;
  const count = Math.min(missing, MAX_WRITES_PER_PASS);
  for (const index of missingIndexes(job, indexes, owned)) {
    if (decisions.length >= count) break;
    const waitMs = indexBackoffUntilMs(job, index, indexes) - nowMs;
    if (waitMs > 0) soonestMs = Math.min(soonestMs, waitMs);
    else decisions.push(creation(job, indexedPod(job, index, indexes, rng)));
  }
  if (count < missing && decisions.length === count) decisions.push(wake(0));
  return soonestMs < Number.POSITIVE_INFINITY ? [...decisions, wake(soonestMs)] : decisions;
}

function indexBackoffUntilMs(job: Job, index: number, indexes: Indexes): number {
  const failures = failuresOf(job, index, indexes);
  const last = indexes.latest.get(index);
  return failures === 0 || !last ? 0 : finishedAtMs(last) + backoffMs(failures);
}

const backoffMs = (failures: number): number => Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));

/** Pods that should be at work now. */
function wantedActive({ spec }: Job, { succeeded, indexes }: Tally, active: number): number {
  const parallelism = spec?.parallelism ?? 1;
  const over = succeeded + (indexes?.failed.size ?? 0);
  if (spec?.completions !== undefined) return Math.min(parallelism, Math.max(0, spec.completions - over));
  // A work queue: after the first success those at work finish, and no more are made.
  return succeeded > 0 ? Math.min(active, parallelism) : parallelism;
}

const plainPod = (job: Job, rng: Rng): Pod =>
  podFromTemplate({ resource: jobs, object: job }, job.spec?.template, rng, [TRACKING_FINALIZER]);

function creation(job: Job, pod: Pod): Decision {
  const note = { about: job, component: COMPONENT };
  const message = `Created pod: ${metaOf(pod).name}`;
  return create(pods, pod, {
    announce: { ...note, type: 'Normal', reason: 'SuccessfulCreate', message },
    complain: { ...note, type: 'Warning', reason: 'FailedCreate', message: 'Error creating' },
  });
}

export function removePods(job: Job, active: readonly Pod[], surplus: number, nowMs: number): Decision[] {
  const count = Math.min(surplus, MAX_WRITES_PER_PASS);
  const note = { about: job, component: COMPONENT, type: 'Normal', reason: 'SuccessfulDelete' } as const;
  const decisions: Decision[] = inDeletionOrder(active, countByNode(active), nowMs)
    .slice(0, count)
    .map((pod) => remove(pods, pod, { announce: { ...note, message: `Deleted pod: ${metaOf(pod).name}` } }));
  return count < surplus ? [...decisions, wake(0)] : decisions;
}

/** Until when no pod is made because of failures since the last success, as the pods that are still there tell. */
export function backoffUntilMs(owned: readonly Pod[]): number {
  const lastSuccess = Math.max(0, ...endsWith(owned, 'Succeeded'));
  const failures = endsWith(owned, 'Failed').filter((atMs) => atMs > lastSuccess);
  if (failures.length === 0) return 0;
  return Math.max(...failures) + backoffMs(failures.length);
}

const endsWith = (owned: readonly Pod[], phase: string): number[] =>
  owned.filter(({ status }) => status?.phase === phase).map(finishedAtMs);
