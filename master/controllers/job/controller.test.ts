import { beforeEach, describe, expect, test } from 'vitest';
import { type JobSpec, jobs } from '../../../api/batch/job.ts';
import { conditionOf } from '../../../api/core/conditions.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { World } from '../kit/world.suite.ts';
import { isActive, isFinished } from '../pods/pod-state.ts';
import { bind, jobOf, podSpec, reportEnd } from '../samples.suite.ts';
import { jobController } from './controller.ts';
import { orphanedJobPodController } from './orphaned-pods.ts';
import { TRACKING_FINALIZER } from './tally.ts';

describe('Job', () => {
  let world: World;
  const job = () => world.get(jobs, 'shop', 'sum')!;
  const active = () => world.list(pods).filter(isActive);
  const condition = (type: string) => conditionOf(job().status?.conditions, type);
  const start = (spec: Partial<JobSpec> = {}) => {
    world.create(jobs, jobOf('sum', spec));
    world.settle();
  };
  const end = (pod: Pod | undefined, phase: 'Succeeded' | 'Failed' = 'Succeeded') => {
    reportEnd(world, pod!, phase);
    world.settle();
  };
  const suspend = (suspended: boolean) => {
    world.update(jobs, job(), (next) => {
      next.spec!.suspend = suspended;
    });
    world.settle();
  };

  beforeEach(() => {
    world = new World([jobController, orphanedJobPodController]);
  });

  test('one pod succeeds: Complete, with its times and no finalizer left behind', () => {
    start();
    expect(active()).toHaveLength(1);
    expect(metaOf(active()[0]!).finalizers).toEqual([TRACKING_FINALIZER]);
    expect(metaOf(active()[0]!).labels).toMatchObject({ 'batch.kubernetes.io/job-name': 'sum' });
    expect(job().status).toMatchObject({ active: 1, ready: 0, startTime: '2030-01-01T00:00:00Z' });
    world.advance(5_000);
    end(active()[0]);
    expect(job().status).toMatchObject({
      succeeded: 1,
      ready: 0,
      terminating: 0,
      completionTime: '2030-01-01T00:00:05Z',
      uncountedTerminatedPods: {},
    });
    expect(job().status?.active).toBeUndefined();
    expect(condition('SuccessCriteriaMet')).toMatchObject({ status: 'True', reason: 'CompletionsReached' });
    expect(condition('Complete')).toMatchObject({ status: 'True', reason: 'CompletionsReached' });
    expect(world.list(pods).flatMap((pod) => metaOf(pod).finalizers ?? [])).toEqual([]);
    expect(world.decide(jobController, 'shop/sum')).toEqual([]);
  });

  test('how an end is counted, as a transcript: noted, freed, counted', () => {
    start({ completions: 2 });
    world.takeTranscript();
    const pod = active()[0]!;
    reportEnd(world, pod, 'Succeeded');
    world.step();
    expect(job().status?.uncountedTerminatedPods).toEqual({ succeeded: [metaOf(pod).uid] });
    expect(job().status?.succeeded).toBeUndefined();
    world.settle();
    const [other] = active();
    expect(world.takeTranscript()).toEqual([
      `job: create pod ${metaOf(other!).name}`,
      'job: update job sum status',
      `job: update pod ${metaOf(pod).name}`,
      'job: update job sum status',
      'job: update job sum status',
    ]);
    expect(job().status).toMatchObject({ succeeded: 1, uncountedTerminatedPods: {} });
  });

  test('completions are reached by so many pods at a time, and no more are made than are wanted', () => {
    start({ completions: 5, parallelism: 2 });
    const seen: number[] = [];
    while (active().length > 0) {
      seen.push(active().length);
      end(active()[0]);
    }
    expect(seen).toEqual([2, 2, 2, 2, 1]);
    expect(world.list(pods)).toHaveLength(5);
    expect(job().status?.succeeded).toBe(5);
    expect(condition('Complete')?.status).toBe('True');
  });

  test('without completions the first success ends the making of pods, and the last end the job', () => {
    // parallelism alone: a work queue.
    start({ parallelism: 3, completions: undefined });
    expect(active()).toHaveLength(3);
    end(active()[0]);
    expect(active()).toHaveLength(2);
    expect(condition('Complete')).toBeUndefined();
    end(active()[0], 'Failed');
    end(active()[0]);
    expect(job().status).toMatchObject({ succeeded: 2, failed: 1 });
    expect(condition('Complete')?.status).toBe('True');
  });

  test('failures are tried again after 10 s, 20 s, ..., until there are more than backoffLimit', () => {
    start({ backoffLimit: 2 });
    for (const delayMs of [10_000, 20_000]) {
      end(active()[0], 'Failed');
      expect(active()).toHaveLength(0);
      world.advance(delayMs - 1);
      world.settle();
      expect(active()).toHaveLength(0);
      world.advance(1);
      world.settle();
      expect(active()).toHaveLength(1);
    }
    end(active()[0], 'Failed');
    expect(job().status).toMatchObject({ failed: 3, uncountedTerminatedPods: {} });
    for (const type of ['FailureTarget', 'Failed']) {
      expect(condition(type)).toMatchObject({ status: 'True', reason: 'BackoffLimitExceeded' });
    }
    expect(job().status?.completionTime).toBeUndefined();
    world.advance(3_600_000);
    world.settle();
    expect(active()).toHaveLength(0);
  });

  test('a job that failed ends its other pods first, and only then says Failed', () => {
    start({ completions: 3, parallelism: 3, backoffLimit: 0 });
    for (const pod of active()) bind(world, pod);
    end(active()[0], 'Failed');
    expect(active()).toHaveLength(0);
    expect(condition('FailureTarget')?.status).toBe('True');
    expect(condition('Failed')).toBeUndefined();
    expect(job().status).toMatchObject({ terminating: 2 });
    for (const pod of world.list(pods).filter((candidate) => !isFinished(candidate))) end(pod, 'Failed');
    expect(condition('Failed')?.status).toBe('True');
    expect(job().status).toMatchObject({ failed: 3, terminating: 0 });
  });

  test('restarts in place count as failures where containers restart', () => {
    start({ backoffLimit: 2, template: { spec: { ...podSpec(), restartPolicy: 'OnFailure' } } });
    const pod = active()[0]!;
    const restarted = (restartCount: number) => {
      const status = { name: 'main', image: 'shop:1', imageID: '', ready: false, restartCount };
      world.setStatus(pods, pod, { phase: 'Running', containerStatuses: [status] });
      world.settle();
    };
    restarted(1);
    expect(condition('FailureTarget')).toBeUndefined();
    restarted(2);
    expect(condition('Failed')).toMatchObject({ status: 'True', reason: 'BackoffLimitExceeded' });
  });

  test('activeDeadlineSeconds ends a job that takes too long', () => {
    start({ activeDeadlineSeconds: 60 });
    world.advance(59_999);
    world.settle();
    expect(active()).toHaveLength(1);
    world.advance(1);
    world.settle();
    expect(active()).toHaveLength(0);
    expect(condition('Failed')).toMatchObject({ status: 'True', reason: 'DeadlineExceeded' });
  });

  test('a suspended job has no pods and no clock, and counts none of those it ended as failed', () => {
    start({ parallelism: 2, completions: 2 });
    for (const pod of active()) bind(world, pod);
    suspend(true);
    expect(active()).toHaveLength(0);
    expect(condition('Suspended')?.status).toBe('True');
    expect(job().status?.startTime).toBeUndefined();
    for (const pod of world.list(pods)) world.delete(pods, pod, { gracePeriodSeconds: 0 });
    world.settle();
    expect(world.list(pods)).toHaveLength(0);
    expect(job().status?.failed).toBeUndefined();
    world.advance(60_000);
    suspend(false);
    expect(active()).toHaveLength(2);
    expect(condition('Suspended')?.status).toBe('False');
    expect(job().status?.startTime).toBe('2030-01-01T00:01:00Z');
  });

  test('a pod that somebody deletes is counted as failed and replaced', () => {
    start();
    world.delete(pods, active()[0]!);
    world.settle();
    expect(job().status?.failed).toBe(1);
    expect(world.list(pods)).toHaveLength(1);
    expect(active()).toHaveLength(1);
  });

  test('ttlSecondsAfterFinished removes it some time after its end', () => {
    start({ ttlSecondsAfterFinished: 30 });
    end(active()[0]);
    world.advance(29_999);
    world.settle();
    expect(metaOf(job()).deletionTimestamp).toBeUndefined();
    world.advance(1);
    world.settle();
    expect(metaOf(job()).finalizers).toEqual(['foregroundDeletion']);
  });

  test('a pod that is taken from the job as it goes is not held for ever', () => {
    world.create(jobs, jobOf('sum'));
    world.settle();
    const [pod] = world.list(pods);
    world.update(pods, pod!, ({ metadata }) => Object.assign(metadata!, { labels: { app: 'other' } }));
    world.delete(pods, pod!, { gracePeriodSeconds: 0 });
    world.settle();
    expect(world.list(pods)).toHaveLength(1);
    expect(metaOf(world.list(pods)[0]!).uid).not.toBe(metaOf(pod!).uid);
  });

  test('pods of a job that is gone are not held for ever', () => {
    start({ parallelism: 2, completions: 2 });
    world.delete(jobs, job());
    world.settle();
    expect(world.list(pods).flatMap((pod) => metaOf(pod).finalizers ?? [])).toEqual([]);
  });

  test('more pods than one pass may make are made in several', () => {
    start({ parallelism: 1100, completions: 1100 });
    expect(active()).toHaveLength(1100);
  });
});
