import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { type JobSpec, jobs } from '../../../api/batch/job.ts';
import { conditionOf } from '../../../api/core/conditions.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import { World } from '../kit/world.suite.ts';
import { isActive, isTerminating } from '../pods/pod-state.ts';
import { bind, confirmGone, jobOf, reportEnd } from '../samples.suite.ts';
import { jobController } from './controller.ts';
import { isOver } from './verdict.ts';

const INDEX = 'batch.kubernetes.io/job-completion-index';
const indexOf = (pod: Pod) => Number(metaOf(pod).annotations?.[INDEX]);

describe('an Indexed job', () => {
  let world: World;
  const job = () => world.get(jobs, 'shop', 'sum')!;
  const active = () => world.list(pods).filter(isActive);
  const podOf = (index: number) => active().find((pod) => indexOf(pod) === index)!;
  const condition = (type: string) => conditionOf(job().status?.conditions, type);
  const start = (spec: Partial<JobSpec> = {}) => {
    world.create(jobs, jobOf('sum', { completionMode: 'Indexed', completions: 3, parallelism: 3, ...spec }));
    world.settle();
  };
  const fail = (index: number, exitCode = 1, conditions: { type: string; status: 'True' }[] = []) => {
    const pod = podOf(index);
    bind(world, pod);
    const state = { terminated: { exitCode, finishedAt: timestamp(world.nowMs) } };
    const status = { name: 'main', image: '', imageID: '', ready: false, restartCount: 0, state };
    world.setStatus(pods, pod, { phase: 'Failed', conditions, containerStatuses: [status] });
    world.settle();
  };
  const succeed = (index: number) => {
    reportEnd(world, podOf(index), 'Succeeded');
    world.settle();
  };
  const pass = (ms: number) => {
    world.advance(ms);
    world.settle();
  };

  beforeEach(() => {
    world = new World([jobController]);
  });

  test('gives every pod a number, and is complete when each has succeeded', () => {
    start({ parallelism: 2 });
    expect(active().map(indexOf)).toEqual([0, 1]);
    const [pod] = active();
    expect(metaOf(pod!).name).toMatch(/^sum-0-[a-z0-9]{5}$/);
    expect(metaOf(pod!).labels).toHaveProperty([INDEX], '0');
    expect(pod?.spec?.hostname).toBe('sum-0');
    expect(pod?.spec?.containers[0]?.env).toEqual([
      {
        name: 'JOB_COMPLETION_INDEX',
        valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.annotations['${INDEX}']` } },
      },
    ]);
    succeed(1);
    expect(active().map(indexOf)).toEqual([0, 2]);
    expect(job().status).toMatchObject({ succeeded: 1, completedIndexes: '1' });
    succeed(0);
    succeed(2);
    expect(job().status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' });
    expect(condition('Complete')?.status).toBe('True');
    expect(world.list(pods).flatMap((one) => metaOf(one).finalizers ?? [])).toEqual([]);
    expect(world.decide(jobController, 'shop/sum')).toEqual([]);
  });

  test('a failed index is tried again after its back-off', () => {
    start();
    fail(1);
    expect(active().map(indexOf)).toEqual([0, 2]);
    pass(10_000);
    expect(active().map(indexOf).sort()).toEqual([0, 1, 2]);
    expect(job().status).toMatchObject({ failed: 1 });
  });

  test('a second pod of one index goes', () => {
    start();
    const { labels, annotations } = metaOf(podOf(0));
    world.create(pods, {
      metadata: { name: 'twin', namespace: 'shop', labels, annotations },
      spec: podOf(0).spec!,
    });
    world.settle();
    expect(active().map(indexOf).sort()).toEqual([0, 1, 2]);
  });

  describe('with a limit per index', () => {
    test('goes on with the others when one has failed for good, and fails at the end', () => {
      start({ backoffLimitPerIndex: 1 });
      fail(1);
      pass(10_000);
      expect(metaOf(podOf(1)).annotations).toHaveProperty(['batch.kubernetes.io/job-index-failure-count'], '1');
      fail(1);
      expect(job().status).toMatchObject({ failedIndexes: '1', failed: 2 });
      pass(600_000);
      expect(active().map(indexOf).sort()).toEqual([0, 2]);
      succeed(0);
      expect(condition('Failed')).toBeUndefined();
      succeed(2);
      expect(condition('Failed')).toMatchObject({ status: 'True', reason: 'FailedIndexes' });
      expect(job().status).toMatchObject({ succeeded: 2, completedIndexes: '0,2', failedIndexes: '1' });
      expect(world.list(pods).flatMap((one) => metaOf(one).finalizers ?? [])).toEqual([]);
    });

    test('stops when too many have failed', () => {
      start({ backoffLimitPerIndex: 0, maxFailedIndexes: 1 });
      fail(0);
      expect(condition('FailureTarget')).toBeUndefined();
      fail(1);
      expect(condition('FailureTarget')).toMatchObject({ reason: 'MaxFailedIndexesExceeded' });
      expect(active()).toEqual([]);
    });

    test('indexes wait for their own failures only', () => {
      start({ backoffLimitPerIndex: 5, parallelism: 2 });
      fail(0);
      expect(active().map(indexOf)).toEqual([1, 2]);
    });
  });

  describe('a pod failure policy', () => {
    const podFailurePolicy = {
      rules: [
        { action: 'FailJob' as const, onExitCodes: { containerName: 'main', operator: 'In' as const, values: [42] } },
        { action: 'FailIndex' as const, onExitCodes: { operator: 'In' as const, values: [43] } },
        { action: 'Ignore' as const, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' as const }] },
      ],
    };

    test('may end the job at once', () => {
      start({ podFailurePolicy });
      fail(2, 42);
      expect(condition('FailureTarget')).toMatchObject({ reason: 'PodFailurePolicy' });
      expect(condition('FailureTarget')?.message).toMatch(
        /^Container main for pod shop\/sum-2-\w+ failed with exit code 42 matching FailJob rule at index 0$/,
      );
      expect(active()).toEqual([]);
    });

    test('may give an index up', () => {
      start({ podFailurePolicy, backoffLimitPerIndex: 6 });
      fail(2, 43);
      pass(600_000);
      expect(job().status?.failedIndexes).toBe('2');
      expect(active().map(indexOf)).toEqual([0, 1]);
    });

    test('may leave a failure out of the count', () => {
      start({ podFailurePolicy, backoffLimit: 0 });
      fail(1, 137, [{ type: 'DisruptionTarget', status: 'True' }]);
      pass(10_000);
      expect(job().status?.failed).toBeUndefined();
      expect(active().map(indexOf).sort()).toEqual([0, 1, 2]);
      fail(1, 1);
      expect(condition('FailureTarget')).toMatchObject({ reason: 'BackoffLimitExceeded' });
    });
  });

  test.each([
    ['named indexes have', { rules: [{ succeededIndexes: '1' }] }, [1]],
    ['enough have', { rules: [{ succeededCount: 2 }] }, [0, 2]],
    ['enough of the named ones have', { rules: [{ succeededIndexes: '1-2', succeededCount: 1 }] }, [2]],
  ])('has succeeded, by its policy, when %s', (_, successPolicy, wins) => {
    start({ successPolicy });
    for (const [at, index] of wins.entries()) {
      expect(condition('SuccessCriteriaMet')).toBeUndefined();
      expect(at).toBeLessThan(wins.length);
      succeed(index);
    }
    expect(condition('SuccessCriteriaMet')).toMatchObject({ status: 'True', reason: 'SuccessPolicy' });
    expect(active()).toEqual([]);
  });

  test('whatever happens to pods and master, each index is counted once and no failure is lost', () => {
    const act = fc.constantFrom('win', 'lose', 'lose', 'delete', 'gone', 'step', 'step', 'step', 'crash', 'wait');
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80 }), fc.boolean(), (acts, perIndex) => {
        world = new World([jobController], 5);
        start({ completions: 4, parallelism: 3, ...(perIndex ? { backoffLimitPerIndex: 2 } : { backoffLimit: 100 }) });
        const won = new Set<number>();
        const lost = new Map<string, number>();
        for (const what of acts) {
          const pick = (list: Pod[]) => list[world.rng.int(Math.max(1, list.length))];
          const pod = pick(active());
          if (what === 'win' && pod) {
            won.add(indexOf(pod));
            reportEnd(world, pod, 'Succeeded');
          }
          if (what === 'lose' && pod) {
            lost.set(metaOf(pod).uid ?? '', indexOf(pod));
            reportEnd(world, pod, 'Failed');
          }
          if (what === 'delete' && pod) {
            lost.set(metaOf(pod).uid ?? '', indexOf(pod));
            world.delete(pods, pod);
          }
          const leaving = pick(world.list(pods).filter(isTerminating));
          if (what === 'gone' && leaving) confirmGone(world, leaving);
          if (what === 'step') world.step(world.rng.int(2));
          if (what === 'crash') world.stepAndCrash();
          if (what === 'wait') world.advance(15_000);
        }
        for (let round = 0; round < 40 && !isOver(job()); round++) {
          world.settle();
          for (const pod of world.list(pods).filter(isTerminating)) confirmGone(world, pod);
          for (const pod of active()) {
            won.add(indexOf(pod));
            reportEnd(world, pod, 'Succeeded');
          }
          world.advance(600_000);
        }
        world.settle();
        expect(isOver(job())).toBe(true);
        expect(job().status?.succeeded ?? 0).toBe(won.size);
        // A pod that its job itself ended, as its verdict stood, is no failure that anybody made.
        expect(job().status?.failed ?? 0).toBeGreaterThanOrEqual(perIndex ? 0 : lost.size);
        expect(world.list(pods).flatMap((one) => metaOf(one).finalizers ?? [])).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
