import { faultOf, nonNegative, requiredText } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { invalidValue, notSupported, required, validateAnnotations, validateLabels } from '../meta/validation.ts';
import type { CronJob, CronJobSpec, JobTemplateSpec } from './cron-job.ts';
import { parseCronSchedule, timeZoneFault } from './cron-schedule.ts';
import { validateJobSpec } from './job-validation.ts';

/** Faults of cron jobs ("CronJob"). */

/** A job is named after its cron job, a hyphen and ten digits, and its pods after the job. */
const LONGEST_NAME = 52;

function scheduleFaults({ schedule, timeZone }: CronJobSpec): FieldError[] {
  if (!schedule) return requiredText('spec.schedule', schedule);
  const zoneFaults = timeZone === undefined ? [] : faultOf('spec.timeZone', timeZone, timeZoneFault(timeZone));
  if (schedule.includes('TZ'))
    return [
      ...zoneFaults,
      invalidValue('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
    ];
  const parsed = parseCronSchedule(schedule);
  return [...zoneFaults, ...('fault' in parsed ? [invalidValue('spec.schedule', schedule, parsed.fault)] : [])];
}

function templateFaults({ metadata, spec }: JobTemplateSpec): FieldError[] {
  const path = 'spec.jobTemplate';
  if (!spec) return [required(`${path}.spec`)];
  return [
    ...validateLabels(metadata?.labels, `${path}.metadata.labels`),
    ...validateAnnotations(metadata?.annotations, `${path}.metadata.annotations`),
    ...validateJobSpec(spec, `${path}.spec`),
    ...(spec.selector
      ? [invalidValue(`${path}.spec.selector`, spec.selector, '`selector` will be auto-generated')]
      : []),
    ...(spec.manualSelector ? [notSupported(`${path}.spec.manualSelector`, true, ['nil', 'false'])] : []),
  ];
}

export function validateCronJob({ metadata, spec }: CronJob): FieldError[] {
  const name = metadata?.name ?? '';
  return [
    ...(name.length > LONGEST_NAME
      ? [invalidValue('metadata.name', name, `must be no more than ${LONGEST_NAME} characters`)]
      : []),
    ...scheduleFaults(spec),
    ...nonNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...templateFaults(spec.jobTemplate),
    ...nonNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...nonNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  ];
}
