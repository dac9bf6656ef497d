import type { Job } from '../../../api/batch/job.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { isActive } from '../pods/pod-state.ts';
import { type Tally, tally } from './tally.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** A Job that is not over, as one pass finds it. */
export interface Situation {
  readonly job: Job;
  /** Its pods, ended ones included. */
  readonly owned: readonly Pod[];
  readonly active: readonly Pod[];
  readonly tally: Tally;
  readonly verdict: Verdict;
  readonly nowMs: number;
}

export function situationOf(job: Job, owned: readonly Pod[], nowMs: number): Situation {
  const active = owned.filter(isActive);
  const counted = tally(job, owned);
  return { job, owned, active, tally: counted, verdict: verdictOf(job, counted, owned, nowMs), nowMs };
}
