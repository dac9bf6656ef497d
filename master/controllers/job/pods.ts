import { type Job, jobs } from '../../../api/batch/job.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { Rng } from '../../../platform/rng.ts';
import { create, type Decision, MAX_WRITES_PER_PASS, remove, wake } from '../kit/decision.ts';
import { countByNode, inDeletionOrder } from '../pods/deletion-order.ts';
import { podFromTemplate } from '../pods/pod-from-template.ts';
import { finishedAtMs } from '../pods/pod-state.ts';
import type { Situation } from './situation.ts';
import { countTerminating, type Tally, TRACKING_FINALIZER } from './tally.ts';

export const COMPONENT = 'job-controller';

/** Wait after the first failure in a row; it doubles with each further one (Kubernetes docs, "Jobs", pod backoff failure policy). */
const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 600_000;

/** Makes pods that are missing, and removes those that are too many, for a Job that goes on. */
export function adjustPods({ job, owned, active, tally, nowMs }: Situation, rng: Rng): Decision[] {
  const wanted = wantedActive(job, tally, active.length);
  if (active.length > wanted) return removePods(job, active, active.length - wanted, nowMs);
  // With `podReplacementPolicy: Failed` a pod on its way out still takes up its place.
  const ending = job.spec?.podReplacementPolicy === 'Failed' ? countTerminating(owned) : 0;
  const missing = wanted - active.length - ending;
  if (missing <= 0) return [];
  const waitMs = backoffUntilMs(owned) - nowMs;
  return waitMs > 0 ? [wake(waitMs)] : createPods(job, missing, rng);
}

/** Pods that should be at work now. */
function wantedActive({ spec }: Job, { succeeded }: Tally, active: number): number {
  const parallelism = spec?.parallelism ?? 1;
  if (spec?.completions !== undefined) return Math.min(parallelism, Math.max(0, spec.completions - succeeded));
  // A work queue: after the first success those at work finish, and no more are made.
  return succeeded > 0 ? Math.min(active, parallelism) : parallelism;
}

function createPods(job: Job, missing: number, rng: Rng): Decision[] {
  const count = Math.min(missing, MAX_WRITES_PER_PASS);
  const note = { about: job, component: COMPONENT };
  const decisions: Decision[] = [];
  for (let made = 0; made < count; made++) {
    const owner = { resource: jobs, object: job };
    const pod = podFromTemplate(owner, job.spec?.template, rng, [TRACKING_FINALIZER]);
    const message = `Created pod: ${metaOf(pod).name}`;
    decisions.push(
      create(pods, pod, {
        announce: { ...note, type: 'Normal', reason: 'SuccessfulCreate', message },
        complain: { ...note, type: 'Warning', reason: 'FailedCreate', message: 'Error creating' },
      }),
    );
  }
  return count < missing ? [...decisions, wake(0)] : decisions;
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
  const delayMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures.length - 1));
  return Math.max(...failures) + delayMs;
}

const endsWith = (owned: readonly Pod[], phase: string): number[] =>
  owned.filter(({ status }) => status?.phase === phase).map(finishedAtMs);
