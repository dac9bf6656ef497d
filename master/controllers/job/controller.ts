import { type Job, jobs } from '../../../api/batch/job.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Rng } from '../../../platform/rng.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type Controller, lookUp, watch, watchSelf } from '../kit/controller.ts';
import { bounded, type Decision, remove, wake } from '../kit/decision.ts';
import { claim, ownerKeys } from '../kit/ownership.ts';
import { isFinished } from '../pods/pod-state.ts';
import { adjustPods, removePods } from './pods.ts';
import { type Situation, situationOf } from './situation.ts';
import { statusDecisions } from './status.ts';
import { isTracked, TRACKING_FINALIZER, untrack } from './tally.ts';
import { deadlineMs, endedAtMs, isOver } from './verdict.ts';

/** The value of `spec.managedBy` that means us. */
const BUILT_IN = 'kubernetes.io/job-controller';

/** Runs pods until enough of them have succeeded (Kubernetes docs, "Jobs"). */
export const jobController: Controller = {
  name: 'job',
  watches: [
    watchSelf(jobs),
    watch(pods, (change, view) => ownerKeys(view, jobs, ({ spec }) => spec?.selector, change)),
  ],
  reconcile(view, key, nowMs, rng) {
    const job = lookUp(view, jobs, key);
    if (!job?.spec || (job.spec.managedBy ?? BUILT_IN) !== BUILT_IN) return [];
    const owner = { resource: jobs, object: job, selector: job.spec.selector };
    const { owned, decisions } = claim(view, owner, pods, {
      adoptable: (pod) => !isFinished(pod) && !isOver(job),
      finalizer: TRACKING_FINALIZER,
    });
    if (isOver(job)) return [...decisions, ...bounded(owned.filter(isTracked).map(untrack)), ...expire(job, nowMs)];
    return [...decisions, ...pursue(view, situationOf(job, owned, nowMs), rng)];
  },
};

function pursue(view: CacheReader, situation: Situation, rng: Rng): Decision[] {
  const { job, tally, verdict, nowMs } = situation;
  const deadline = deadlineMs(job);
  const counting = [...bounded(tally.free.map(untrack)), ...statusDecisions(situation)];
  return [
    ...podDecisions(view, situation, rng),
    ...counting,
    // An end is counted in steps: the next follows as soon as this one shows.
    ...(counting.length > 0 && !tally.settled ? [wake(0)] : []),
    ...(deadline !== undefined && verdict.type === 'running' ? [wake(deadline - nowMs)] : []),
  ];
}

function podDecisions(view: CacheReader, situation: Situation, rng: Rng): Decision[] {
  const { job, active, verdict, nowMs } = situation;
  if (isEnding(view, job)) return [];
  if (verdict.type !== 'running' || job.spec?.suspend) return removePods(job, active, active.length, nowMs);
  return adjustPods(situation, rng);
}

function isEnding(view: CacheReader, job: Job): boolean {
  const { deletionTimestamp, namespace = '' } = metaOf(job);
  return !!deletionTimestamp || !!view.get(namespaces, undefined, namespace)?.metadata?.deletionTimestamp;
}

/** Removes a Job that is over once its time to live has passed (Kubernetes docs, "Automatic Cleanup for Finished Jobs"). */
function expire(job: Job, nowMs: number): Decision[] {
  const ttlSeconds = job.spec?.ttlSecondsAfterFinished;
  if (ttlSeconds === undefined || metaOf(job).deletionTimestamp) return [];
  const dueMs = endedAtMs(job) + ttlSeconds * 1000;
  return dueMs > nowMs ? [wake(dueMs - nowMs)] : [remove(jobs, job, { propagationPolicy: 'Foreground' })];
}
