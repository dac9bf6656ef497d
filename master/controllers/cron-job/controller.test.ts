import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { type CronJob, type CronJobSpec, cronJobs } from '../../../api/batch/cron-job.ts';
import { type Job, jobs } from '../../../api/batch/job.ts';
import { controllerOf, metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import { isOver } from '../job/verdict.ts';
import { controllerReference } from '../kit/ownership.ts';
import { World } from '../kit/world.suite.ts';
import { names, podSpec } from '../samples.suite.ts';
import { cronJobController } from './controller.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const cronJobOf = (spec: Partial<CronJobSpec> = {}): CronJob =>
  ({
    metadata: { name: 'report', namespace: 'shop' },
    spec: {
      schedule: '0 * * * *',
      jobTemplate: {
        metadata: { labels: { app: 'report' } },
        spec: { template: { spec: { ...podSpec(), restartPolicy: 'Never' } } },
      },
      ...spec,
    },
  }) as CronJob;

describe('CronJob', () => {
  let world: World;
  const cronJob = () => world.get(cronJobs, 'shop', 'report')!;
  const all = () => world.list(jobs).filter((job) => !metaOf(job).deletionTimestamp);
  const running = () => all().filter((job) => !isOver(job));
  const scheduledAt = () =>
    all().map((job) => metaOf(job).annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp']);
  const end = (job: Job, type: 'Complete' | 'Failed') => {
    const lastTransitionTime = timestamp(world.nowMs);
    world.setStatus(jobs, job, { conditions: [{ type, status: 'True', lastTransitionTime }] });
    world.settle();
  };
  const pass = (ms: number) => {
    world.advance(ms);
    world.settle();
  };
  const edit = (change: (spec: CronJobSpec) => void) =>
    world.update(cronJobs, cronJob(), (next) => {
      change(next.spec);
    });
  const said = () => world.takeTranscript().filter((line) => line.includes('event'));

  beforeEach(() => {
    world = new World([cronJobController]);
  });

  test('makes a job when it is time, once, and says so', () => {
    world.create(cronJobs, cronJobOf());
    world.settle();
    expect(all()).toEqual([]);
    pass(HOUR_MS - 1);
    expect(all()).toEqual([]);
    pass(1);
    const [job] = all();
    expect(metaOf(job!)).toMatchObject({ name: 'report-31557660', labels: { app: 'report' } });
    expect(controllerOf(job!)).toMatchObject({ kind: 'CronJob', name: 'report' });
    expect(scheduledAt()).toEqual(['2030-01-01T01:00:00Z']);
    expect(cronJob().status).toMatchObject({
      lastScheduleTime: '2030-01-01T01:00:00Z',
      active: [{ kind: 'Job', name: 'report-31557660' }],
    });
    world.settle();
    expect(all()).toHaveLength(1);
  });

  test('what it made and what succeeded is kept in its status', () => {
    world.create(cronJobs, cronJobOf());
    world.settle();
    pass(HOUR_MS);
    pass(5 * MINUTE_MS);
    end(all()[0]!, 'Complete');
    expect(cronJob().status).toEqual({
      lastScheduleTime: '2030-01-01T01:00:00Z',
      lastSuccessfulTime: '2030-01-01T01:05:00Z',
    });
  });

  test('after a long sleep makes one job, for the last time it missed', () => {
    world.create(cronJobs, cronJobOf());
    world.settle();
    pass(10 * HOUR_MS + 5 * MINUTE_MS);
    expect(scheduledAt()).toEqual(['2030-01-01T10:00:00Z']);
  });

  test('and warns when it missed very many', () => {
    world.create(cronJobs, cronJobOf({ schedule: '* * * * *' }));
    world.settle();
    pass(3 * HOUR_MS);
    expect(said().some((line) => line.includes('TooManyMissedTimes'))).toBe(true);
    expect(all()).toHaveLength(1);
  });

  test('a time that was missed by more than the deadline is given up', () => {
    world.create(cronJobs, cronJobOf({ startingDeadlineSeconds: 60 }));
    world.settle();
    pass(HOUR_MS + 61_000);
    expect(all()).toEqual([]);
    expect(said().some((line) => line.includes('MissSchedule'))).toBe(true);
    pass(HOUR_MS - 61_000);
    expect(scheduledAt()).toEqual(['2030-01-01T02:00:00Z']);
  });

  test('while it is suspended nothing is made; afterwards the last missed time counts', () => {
    world.create(cronJobs, cronJobOf({ suspend: true }));
    world.settle();
    pass(2 * HOUR_MS + MINUTE_MS);
    expect(all()).toEqual([]);
    edit((spec) => {
      spec.suspend = false;
    });
    world.settle();
    expect(scheduledAt()).toEqual(['2030-01-01T02:00:00Z']);
  });

  test('in a zone of its own', () => {
    world.create(cronJobs, cronJobOf({ schedule: '30 9 * * *', timeZone: 'Asia/Tokyo' }));
    world.settle();
    pass(31 * MINUTE_MS);
    expect(scheduledAt()).toEqual(['2030-01-01T00:30:00Z']);
  });

  describe('when the last one still runs', () => {
    const twice = (concurrencyPolicy: CronJobSpec['concurrencyPolicy']) => {
      world.create(cronJobs, cronJobOf({ concurrencyPolicy }));
      world.settle();
      pass(HOUR_MS);
      pass(HOUR_MS);
    };

    test('Allow lets both run', () => {
      twice('Allow');
      expect(running()).toHaveLength(2);
      expect(cronJob().status?.active).toHaveLength(2);
    });

    test('Forbid waits until it has ended', () => {
      twice('Forbid');
      expect(scheduledAt()).toEqual(['2030-01-01T01:00:00Z']);
      expect(said().some((line) => line.includes('JobAlreadyActive'))).toBe(true);
      end(all()[0]!, 'Complete');
      expect(scheduledAt()).toEqual(['2030-01-01T01:00:00Z', '2030-01-01T02:00:00Z']);
    });

    test('Replace ends it', () => {
      twice('Replace');
      expect(running().map((job) => metaOf(job).name)).toEqual(['report-31557720']);
    });
  });

  test('what somebody makes of it by hand is not its own', () => {
    world.create(cronJobs, cronJobOf({ concurrencyPolicy: 'Forbid' }));
    world.settle();
    const ownerReferences = [controllerReference(cronJobs, cronJob())];
    const { spec } = cronJob().spec.jobTemplate;
    world.create(jobs, { metadata: { name: 'by-hand', namespace: 'shop', ownerReferences }, spec });
    pass(HOUR_MS);
    expect(names(all())).toEqual(['by-hand', 'report-31557660']);
    expect(cronJob().status?.active).toHaveLength(1);
  });

  test('keeps as many of those that are over as it should', () => {
    world.create(cronJobs, cronJobOf({ successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 1 }));
    world.settle();
    for (const verdict of ['Complete', 'Failed', 'Complete', 'Failed', 'Complete'] as const) {
      pass(HOUR_MS);
      end(running()[0]!, verdict);
    }
    expect(names(all())).toEqual(['report-31557780', 'report-31557840', 'report-31557900']);
  });

  test('a crash between the job and its note makes no second job', () => {
    world.create(cronJobs, cronJobOf());
    world.settle();
    world.advance(HOUR_MS);
    for (let i = 0; i < 20; i++) world.stepAndCrash();
    world.settle();
    expect(all()).toHaveLength(1);
    expect(cronJob().status?.lastScheduleTime).toBe('2030-01-01T01:00:00Z');
  });

  test('a schedule that never comes makes nothing, and nothing spins', () => {
    world.create(cronJobs, cronJobOf({ schedule: '0 0 30 2 *' }));
    world.settle();
    expect(world.decide(cronJobController, 'shop/report')).toEqual([]);
  });

  test('whatever happens: one job for a time of the schedule, as many at once as allowed, and the last time is not missed', () => {
    const policies = fc.constantFrom('Allow' as const, 'Forbid' as const, 'Replace' as const);
    const type = fc.constantFrom('time', 'time', 'step', 'step', 'crash', 'end', 'gone', 'suspend', 'resume');
    const happenings = fc.array(fc.record({ type, which: fc.nat(150) }), { minLength: 20, maxLength: 100 });
    fc.assert(
      fc.property(policies, happenings, (concurrencyPolicy, all) => {
        world = new World([cronJobController]);
        const limits = { successfulJobsHistoryLimit: 1_000, failedJobsHistoryLimit: 1_000 };
        world.create(cronJobs, cronJobOf({ schedule: '*/20 * * * *', concurrencyPolicy, ...limits }));
        const times = new Map<string, string>();
        for (const { type: what, which } of all) {
          const one = running()[which % Math.max(1, running().length)];
          const leaving = world.list(jobs).find(({ metadata }) => metadata?.deletionTimestamp);
          if (what === 'time') world.advance(which * MINUTE_MS);
          if (what === 'step') world.step(which);
          if (what === 'crash') world.stepAndCrash(which);
          if (what === 'end' && one) end(one, 'Complete');
          if (what === 'gone' && leaving) world.delete(jobs, leaving);
          if (what === 'suspend' || what === 'resume')
            edit((spec) => Object.assign(spec, { suspend: what === 'suspend' }));
          if (concurrencyPolicy !== 'Allow') expect(running().length).toBeLessThanOrEqual(1);
          for (const job of world.list(jobs)) {
            const { uid = '', annotations } = metaOf(job);
            const time = annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'] ?? '';
            expect([Date.parse(time) % (20 * MINUTE_MS), times.get(time) ?? uid]).toEqual([0, uid]);
            times.set(time, uid);
          }
        }
        edit((spec) => Object.assign(spec, { suspend: false }));
        world.settle();
        for (const job of running()) end(job, 'Complete');
        pass(20 * MINUTE_MS);
        for (const job of running()) end(job, 'Complete');
        const last = world.nowMs - (world.nowMs % (20 * MINUTE_MS));
        expect(scheduledAt()).toContain(timestamp(last));
        expect(world.decide(cronJobController, 'shop/report').map((decision) => decision.type)).toEqual(['wake']);
      }),
      { numRuns: 150 },
    );
  });
});
