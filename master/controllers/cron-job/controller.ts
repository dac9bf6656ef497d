import { type CronJob, cronJobs } from '../../../api/batch/cron-job.ts';
import { parseCronSchedule } from '../../../api/batch/cron-schedule.ts';
import { dueCount, lastDueMs, nextDueMs } from '../../../api/batch/cron-times.ts';
import { type Job, jobs } from '../../../api/batch/job.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { EventNote } from '../../objects/events.ts';
import type { CacheReader } from '../../store/cache.ts';
import { isOver } from '../job/verdict.ts';
import { type Controller, keyOf, lookUp, watch, watchSelf } from '../kit/controller.ts';
import { create, type Decision, event, remove, wake } from '../kit/decision.ts';
import { controllingOwner } from '../kit/ownership.ts';
import { parseTimeMs } from '../pods/pod-state.ts';
import { outdatedJobs, statusDecisions } from './history.ts';
import { isScheduled, jobNameOf, scheduledJob } from './scheduled-job.ts';

const COMPONENT = 'cronjob-controller';
/** So many missed times are worth a word: the machine slept for long, or its clock jumped. */
const MANY_MISSED = 100;
/** Longest sleep: what is far away is looked at again on the way. */
const LONGEST_WAIT_MS = 3_600_000;
/** The controller's own zone, where none is given. */
const DEFAULT_ZONE = 'UTC';

/** Makes a Job whenever it is time (Kubernetes docs, "CronJob"). */
export const cronJobController: Controller = {
  name: 'cronjob',
  watches: [
    watchSelf(cronJobs),
    watch(jobs, ({ object }, view) => {
      const owner = controllingOwner(view, cronJobs, object);
      return owner ? [keyOf(owner)] : [];
    }),
  ],
  reconcile(view, key, nowMs) {
    const cronJob = lookUp(view, cronJobs, key);
    if (!cronJob || metaOf(cronJob).deletionTimestamp) return [];
    const owned = view.ownedBy(jobs, metaOf(cronJob).uid ?? '');
    const active = owned.filter((job) => isScheduled(job) && !isOver(job) && !metaOf(job).deletionTimestamp);
    const { decisions, madeMs } = start(view, cronJob, active, nowMs);
    return [...outdatedJobs(cronJob, owned), ...decisions, ...statusDecisions(cronJob, active, owned, madeMs)];
  },
};

interface Start {
  readonly decisions: Decision[];
  /** The time of the schedule for which a job is made. */
  readonly madeMs?: number;
}

/** What is due now, if anything; and when to look again. */
function start(view: CacheReader, cronJob: CronJob, active: readonly Job[], nowMs: number): Start {
  const { spec, status } = cronJob;
  const schedule = parseCronSchedule(spec.schedule);
  if (spec.suspend || 'fault' in schedule || isEnding(view, cronJob)) return { decisions: [] };
  const zone = spec.timeZone || DEFAULT_ZONE;
  const nextMs = nextDueMs(schedule, nowMs, zone);
  const next = nextMs === undefined ? [] : [wake(Math.min(nextMs - nowMs, LONGEST_WAIT_MS))];
  const lastMs = parseTimeMs(status?.lastScheduleTime ?? metaOf(cronJob).creationTimestamp);
  const deadlineMs = (spec.startingDeadlineSeconds ?? Number.POSITIVE_INFINITY) * 1_000;
  const dueMs = lastDueMs(schedule, lastMs, nowMs, zone);
  if (dueMs === undefined) return { decisions: next };
  const missed = dueCount(schedule, Math.max(lastMs, nowMs - deadlineMs), nowMs, zone, MANY_MISSED + 1);
  const notes = missed > MANY_MISSED ? [event(tooMany(cronJob))] : [];
  if (nowMs - dueMs > deadlineMs) return { decisions: [...notes, event(tooLate(cronJob, dueMs)), ...next] };
  const begun = begin(view, cronJob, active, dueMs);
  return { decisions: [...notes, ...begun.decisions, ...next], madeMs: begun.madeMs };
}

function begin(view: CacheReader, cronJob: CronJob, active: readonly Job[], dueMs: number): Start {
  const name = jobNameOf(cronJob, dueMs);
  // Noted once it stands, so that a refused or interrupted creation is tried again.
  if (view.get(jobs, metaOf(cronJob).namespace, name)) return { decisions: [], madeMs: dueMs };
  const policy = cronJob.spec.concurrencyPolicy;
  // Looked at again when the one that runs has ended.
  if (policy === 'Forbid' && active.length > 0) return { decisions: [event(stillRuns(cronJob))] };
  // The new one is made once they are on their way: it must not stand beside one whose end was refused.
  if (policy === 'Replace' && active.length > 0) return { decisions: active.map((job) => ended(cronJob, job)) };
  const message = `Created job ${name}`;
  const made = create(jobs, scheduledJob(cronJob, dueMs), {
    announce: note(cronJob, 'Normal', 'SuccessfulCreate', message),
    complain: note(cronJob, 'Warning', 'FailedCreate', 'Error creating job'),
  });
  return { decisions: [made] };
}

function ended(cronJob: CronJob, job: Job): Decision {
  const announce = note(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${metaOf(job).name}`);
  return remove(jobs, job, { propagationPolicy: 'Background', announce });
}

const note = (about: CronJob, type: 'Normal' | 'Warning', reason: string, message: string): EventNote => ({
  about,
  component: COMPONENT,
  type,
  reason,
  message,
});

const tooMany = (cronJob: CronJob): EventNote =>
  note(
    cronJob,
    'Warning',
    'TooManyMissedTimes',
    `more than ${MANY_MISSED} start times were missed: set or shorten startingDeadlineSeconds, or check the clock of the machine`,
  );

const tooLate = (cronJob: CronJob, dueMs: number): EventNote =>
  note(
    cronJob,
    'Warning',
    'MissSchedule',
    `Missed scheduled time to start a job: ${new Date(dueMs).toISOString()} is longer ago than startingDeadlineSeconds (${cronJob.spec.startingDeadlineSeconds})`,
  );

const stillRuns = (cronJob: CronJob): EventNote =>
  note(
    cronJob,
    'Normal',
    'JobAlreadyActive',
    'Not starting job because prior execution is running and concurrency policy is Forbid',
  );

/** Nothing can be made any more in a namespace on its way out. */
const isEnding = (view: CacheReader, cronJob: CronJob): boolean =>
  view.get(namespaces, undefined, metaOf(cronJob).namespace ?? '')?.metadata?.deletionTimestamp !== undefined;
