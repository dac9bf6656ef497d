import { ageColumn, containerColumns, nameColumn, selectorColumn } from '../core/columns.ts';
import { hasCondition } from '../core/conditions.ts';
import { shortDuration } from '../meta/age.ts';
import type { Column } from '../meta/definition.ts';
import type { Job } from './job.ts';

/** The first condition that is true names the state; deletion comes between the end and the rest. */
function statusText(job: Job): string {
  const conditions = job.status?.conditions;
  for (const end of ['Complete', 'Failed']) if (hasCondition(conditions, end)) return end;
  if (job.metadata?.deletionTimestamp) return 'Terminating';
  for (const state of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'])
    if (hasCondition(conditions, state)) return state;
  return 'Running';
}

function completionsText({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: Job, nowMs: number): string {
  if (!status?.startTime) return '';
  const endMs = status.completionTime ? Date.parse(status.completionTime) : nowMs;
  return shortDuration(endMs - Date.parse(status.startTime));
}

const column = (name: string, description: string, value: Column<Job>['value']): Column<Job> => ({
  name,
  type: 'string',
  description,
  value,
});

export const jobColumns: readonly Column<Job>[] = [
  nameColumn,
  column('Status', 'How far the job is, in one word.', statusText),
  column('Completions', 'How many pods have succeeded, of how many needed.', completionsText),
  column('Duration', 'How long it took, or has taken so far.', durationText),
  ageColumn,
  ...containerColumns<Job>((job) => job.spec?.template),
  selectorColumn<Job>((job) => job.spec?.selector),
];
