import type { Headcount } from './census.ts';

export type GroupPhase = 'Pending' | 'Scheduling' | 'Scheduled' | 'Running' | 'Finished' | 'Failed';

/** How far a group is that needs so many pods. A pod that failed does not matter when enough others run or have done their work. */
export function phaseOf({ total, scheduled, running, succeeded, failed }: Headcount, minMember: number): GroupPhase {
  if (succeeded >= minMember) return 'Finished';
  if (running + succeeded >= minMember) return 'Running';
  if (failed > 0 && failed + running + succeeded >= minMember) return 'Failed';
  if (scheduled >= minMember) return 'Scheduled';
  return total >= minMember ? 'Scheduling' : 'Pending';
}
