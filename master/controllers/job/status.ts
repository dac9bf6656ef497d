import { type Job, type JobCondition, type JobStatus, jobs } from '../../../api/batch/job.ts';
import { conditionOf } from '../../../api/core/conditions.ts';
import { timestamp } from '../../../platform/clock.ts';
import type { EventNote } from '../../objects/events.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { withCondition } from '../kit/conditions.ts';
import { type Decision, event, updateStatus } from '../kit/decision.ts';
import { isReady } from '../pods/pod-state.ts';
import { COMPONENT } from './pods.ts';
import type { Situation } from './situation.ts';
import { countTerminating } from './tally.ts';
import type { Verdict } from './verdict.ts';

/** Writes the status when it changed; only over the very version it was counted from, so that no count is lost or doubled. */
export function statusDecisions({ job, owned, active, tally, verdict, nowMs }: Situation): Decision[] {
  const terminating = countTerminating(owned);
  const counts: JobStatus = {
    ...job.status,
    ...tally.next,
    active: active.length || undefined,
    ready: active.filter(isReady).length,
    terminating,
  };
  const idle = active.length === 0 && terminating === 0 && tally.settled;
  const next = withEnd(withSuspension(job, counts, nowMs), verdict, idle, nowMs);
  if (sameJson(next, job.status)) return [];
  const change = (current: Job) => {
    current.status = next;
  };
  const notes = newConditions(job.status, next).flatMap((condition) => noteOf(job, condition));
  return [updateStatus(jobs, job, change, { exact: true }), ...notes.map(event)];
}

/** The clock of a Job runs while it is not suspended (Kubernetes docs, "Jobs", suspending a Job). */
function withSuspension({ spec, status }: Job, next: JobStatus, nowMs: number): JobStatus {
  const nowText = timestamp(nowMs);
  const suspended = conditionOf(status?.conditions, 'Suspended');
  if (spec?.suspend) {
    const message = 'The job was suspended.';
    const condition = made('Suspended', 'True', 'JobSuspended', message, nowText);
    return { ...next, startTime: undefined, conditions: withCondition(next.conditions, condition, nowText) };
  }
  const startTime = next.startTime ?? nowText;
  if (suspended?.status !== 'True') return { ...next, startTime };
  const condition = made('Suspended', 'False', 'JobResumed', 'The job was resumed.', nowText);
  return { ...next, startTime, conditions: withCondition(next.conditions, condition, nowText) };
}

/** First the decision that the Job ends; the end itself once no pod is left and every one is counted. */
function withEnd(next: JobStatus, verdict: Verdict, idle: boolean, nowMs: number): JobStatus {
  if (verdict.type === 'running') return next;
  const { type, reason, message } = verdict;
  const nowText = timestamp(nowMs);
  const [interim, final] = type === 'succeeding' ? ['SuccessCriteriaMet', 'Complete'] : ['FailureTarget', 'Failed'];
  let conditions = withCondition(next.conditions, made(interim!, 'True', reason, message, nowText), nowText);
  if (!idle) return { ...next, conditions };
  conditions = withCondition(conditions, made(final!, 'True', reason, message, nowText), nowText);
  return type === 'succeeding' ? { ...next, conditions, completionTime: nowText } : { ...next, conditions };
}

const made = (
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
  nowText: string,
): JobCondition => ({ type, status, reason, message, lastProbeTime: nowText });

function newConditions(before: JobStatus | undefined, after: JobStatus): JobCondition[] {
  return (after.conditions ?? []).filter((condition) => {
    const previous = conditionOf(before?.conditions, condition.type);
    return previous?.status !== condition.status;
  });
}

function noteOf(job: Job, { type, status, reason = '', message = '' }: JobCondition): EventNote[] {
  const note = { about: job, component: COMPONENT };
  if (type === 'Complete') return [{ ...note, type: 'Normal', reason: 'Completed', message: 'Job completed' }];
  if (type === 'FailureTarget') return [{ ...note, type: 'Warning', reason, message }];
  if (type === 'Suspended')
    return [{ ...note, type: 'Normal', reason: status === 'True' ? 'Suspended' : 'Resumed', message }];
  return [];
}
