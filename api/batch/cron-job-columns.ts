import { ageColumn, containerColumns, nameColumn, selectorColumn } from '../core/columns.ts';
import { since } from '../meta/age.ts';
import type { Column } from '../meta/definition.ts';
import type { CronJob } from './cron-job.ts';

const column = (name: string, description: string, value: Column<CronJob>['value']): Column<CronJob> => ({
  name,
  type: 'string',
  description,
  value,
});

export const cronJobColumns: readonly Column<CronJob>[] = [
  nameColumn,
  column('Schedule', 'When a job is made.', ({ spec }) => spec?.schedule ?? ''),
  column('Timezone', 'Time zone of the schedule.', ({ spec }) => spec?.timeZone ?? '<none>'),
  {
    // Declared a boolean, shown as a word: so does Kubernetes, and so people grep for it.
    ...column('Suspend', 'Whether no further jobs are made.', ({ spec }) => (spec?.suspend ? 'True' : 'False')),
    type: 'boolean',
  },
  {
    ...column('Active', 'How many jobs run now.', ({ status }) => status?.active?.length ?? 0),
    type: 'integer',
  },
  column('Last Schedule', 'How long ago a job was last made.', ({ status }, nowMs) =>
    status?.lastScheduleTime ? since(status.lastScheduleTime, nowMs) : '<none>',
  ),
  ageColumn,
  ...containerColumns<CronJob>(({ spec }) => spec?.jobTemplate?.spec?.template),
  selectorColumn<CronJob>(({ spec }) => spec?.jobTemplate?.spec?.selector),
];
