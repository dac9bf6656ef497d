import { describe, expect, test } from 'vitest';
import { created, cronJobOf, jobOf, lines, printed } from '../sample.suite.ts';
import { cronJobs } from './cron-job.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const faults = (spec: object) => lines(created(cronJobs, cronJobOf(spec)).faults);
const jobTemplate = (spec: object) => ({ jobTemplate: { spec: { ...jobOf().spec, ...spec } } });

test('defaults are those of the cron job and of the pods, not those of the job', () => {
  const { object } = created(cronJobs, cronJobOf());
  expect(object.spec).toMatchObject({
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
    jobTemplate: { spec: { template: { spec: { dnsPolicy: 'ClusterFirst' } } } },
  });
  expect(object.spec.jobTemplate.spec).not.toHaveProperty('completions');
});

describe('faults', () => {
  test.each<[string, object, string]>([
    ['no schedule', { schedule: '' }, 'spec.schedule: Required value'],
    ['schedule', { schedule: '61 * * * *' }, 'spec.schedule: Invalid value: "61 * * * *": found "61" as the minute'],
    [
      'zone in the schedule',
      { schedule: 'CRON_TZ=UTC 0 * * * *' },
      'spec.schedule: Invalid value: "CRON_TZ=UTC 0 * * * *": cannot use TZ or CRON_TZ in schedule',
    ],
    ['zone', { timeZone: 'Nowhere' }, 'spec.timeZone: Invalid value: "Nowhere": unknown time zone Nowhere'],
    [
      'policy',
      { concurrencyPolicy: 'Queue' },
      'spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"',
    ],
    ['deadline', { startingDeadlineSeconds: -1 }, 'spec.startingDeadlineSeconds: Invalid value: -1'],
    ['limit', { failedJobsHistoryLimit: -1 }, 'spec.failedJobsHistoryLimit: Invalid value: -1'],
    [
      'selector',
      jobTemplate({ selector: { matchLabels: { a: 'b' } } }),
      'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
    ],
    ['manual selector', jobTemplate({ manualSelector: true }), 'spec.jobTemplate.spec.manualSelector: Unsupported'],
    ['the job', jobTemplate({ parallelism: -1 }), 'spec.jobTemplate.spec.parallelism: Invalid value: -1'],
    [
      'restart policy',
      { jobTemplate: { spec: { template: { spec: { containers: [{ name: 'a', image: 'b' }] } } } } },
      'spec.jobTemplate.spec.template.spec.restartPolicy: Unsupported value: "Always"',
    ],
  ])('%s', (_, spec, expected) => {
    const found = faults(spec);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test('a name that leaves no room for those of its jobs', () => {
    const named = (length: number) =>
      created(cronJobs, { ...cronJobOf(), metadata: { name: 'a'.repeat(length), namespace: 'default' } }).faults;
    expect(named(52)).toEqual([]);
    expect(lines(named(53))[0]).toContain('must be no more than 52 characters');
  });
});

test('columns', () => {
  const { object } = created(cronJobs, cronJobOf({ timeZone: 'Europe/Berlin' }));
  expect(printed(cronJobs, object, NOW)).toMatchObject({
    Schedule: '0 3 * * *',
    Timezone: 'Europe/Berlin',
    Suspend: 'False',
    Active: 0,
    'Last Schedule': '<none>',
    Containers: 'main',
    Selector: '<none>',
  });
  object.status = { active: [{ name: 'nightly-1' }], lastScheduleTime: '2026-01-01T00:59:00Z' };
  expect(printed(cronJobs, object, NOW)).toMatchObject({ Active: 1, 'Last Schedule': '60s' });
});
