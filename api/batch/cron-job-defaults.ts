import { setTemplateDefaults } from '../core/pod-defaults.ts';
import type { CronJob } from './cron-job.ts';
import { setPodFailurePolicyDefaults } from './job-defaults.ts';

/** Defaults of the jobs themselves are left to the day they are made. */
export function setCronJobDefaults({ spec }: CronJob): void {
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  spec.jobTemplate.metadata ??= {};
  spec.jobTemplate.spec ??= { template: {} };
  setPodFailurePolicyDefaults(spec.jobTemplate.spec);
  setTemplateDefaults(spec.jobTemplate.spec.template);
}
