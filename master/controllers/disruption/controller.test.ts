import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { deployments } from '../../../api/apps/deployment.ts';
import { replicaSets } from '../../../api/apps/replica-set.ts';
import { jobs } from '../../../api/batch/job.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import {
  type PodDisruptionBudget,
  type PodDisruptionBudgetSpec,
  podDisruptionBudgets,
} from '../../../api/policy/pod-disruption-budget.ts';
import { resourceOfKind } from '../../../api/registry.ts';
import { timestamp } from '../../../platform/clock.ts';
import { grantDisruption, isBeyondBudgets, obstacleOf } from '../../apiserver/subresources/disruption.ts';
import { deploymentController } from '../deployment/controller.ts';
import { jobController } from '../job/controller.ts';
import { World } from '../kit/world.suite.ts';
import { isReady, isTerminating } from '../pods/pod-state.ts';
import { replicaSetController } from '../replica-set/controller.ts';
import { confirmGone, deploymentOf, jobOf, names, podSpec, reportReady } from '../samples.suite.ts';
import { disruptionController } from './controller.ts';

const selector = { matchLabels: { app: 'web' } };
const budgetOf = (spec: PodDisruptionBudgetSpec, name = 'web'): PodDisruptionBudget => ({
  metadata: { name, namespace: 'shop' },
  spec: { selector, ...spec },
});

describe('disruption', () => {
  let world: World;
  let disruption: ReturnType<typeof disruptionController>;
  const status = (name = 'web') => world.get(podDisruptionBudgets, 'shop', name)?.status;
  const verdict = () => status()?.conditions?.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`);
  const webs = () => world.list(pods, 'shop');
  const ready = (count: number) => {
    for (const pod of webs().slice(0, count)) reportReady(world, pod);
    world.settle();
  };
  const bare = (name: string) =>
    world.create(pods, { metadata: { name, namespace: 'shop', labels: { app: 'web' } }, spec: podSpec() });
  const grant = (pod: Pod) =>
    world.setStatus(podDisruptionBudgets, budgetOf({}), {
      disruptedPods: { [metaOf(pod).name ?? '']: timestamp(world.nowMs) },
    });

  beforeEach(() => {
    disruption = disruptionController(resourceOfKind);
    world = new World([disruption, deploymentController, replicaSetController, jobController]);
  });

  test.each<[string, PodDisruptionBudgetSpec, { desiredHealthy: number; disruptionsAllowed: number }]>([
    ['a count that must be up', { minAvailable: 2 }, { desiredHealthy: 2, disruptionsAllowed: 1 }],
    ['more than there are', { minAvailable: 9 }, { desiredHealthy: 9, disruptionsAllowed: 0 }],
    ['a share that must be up, rounded up', { minAvailable: '50%' }, { desiredHealthy: 2, disruptionsAllowed: 1 }],
    ['all', { minAvailable: '100%' }, { desiredHealthy: 4, disruptionsAllowed: 0 }],
    ['a count that may be down', { maxUnavailable: 2 }, { desiredHealthy: 2, disruptionsAllowed: 1 }],
    ['a share that may be down, rounded up', { maxUnavailable: '30%' }, { desiredHealthy: 2, disruptionsAllowed: 1 }],
    ['more than all may be down', { maxUnavailable: 9 }, { desiredHealthy: 0, disruptionsAllowed: 3 }],
    ['nothing said', {}, { desiredHealthy: 0, disruptionsAllowed: 0 }],
  ])('of four pods three are ready: %s', (_, spec, figures) => {
    world.create(deployments, deploymentOf('web', { replicas: 4 }));
    world.create(podDisruptionBudgets, budgetOf(spec));
    world.settle();
    ready(3);
    expect(status()).toMatchObject({ currentHealthy: 3, observedGeneration: 1, ...figures });
    expect(status()?.expectedPods).toBe(Object.keys(spec).length > 0 ? 4 : 0);
    expect(verdict()).toEqual([
      `DisruptionAllowed=${figures.disruptionsAllowed > 0 ? 'True Sufficient' : 'False Insufficient'}Pods`,
    ]);
    expect(world.decide(disruption, 'shop/web')).toEqual([]);
  });

  test('a share is of what the Deployment wants, through a roll-out and a change of size', () => {
    world.create(deployments, deploymentOf('web', { replicas: 10 }));
    world.create(podDisruptionBudgets, budgetOf({ maxUnavailable: '20%' }));
    world.settle();
    ready(10);
    expect(status()).toMatchObject({ expectedPods: 10, desiredHealthy: 8, disruptionsAllowed: 2 });
    world.update(deployments, deploymentOf('web'), (next) => {
      next.spec!.template.spec = podSpec('shop:2');
    });
    world.settle();
    expect(world.list(replicaSets)).toHaveLength(2);
    expect(status()).toMatchObject({ expectedPods: 10, desiredHealthy: 8 });
    world.update(deployments, deploymentOf('web'), (next) => {
      next.spec!.replicas = 20;
    });
    world.settle();
    expect(status()).toMatchObject({ expectedPods: 20, desiredHealthy: 16, disruptionsAllowed: 0 });
  });

  test('a change of size counts even when no pod can be made', () => {
    world.create(deployments, deploymentOf('web', { replicas: 2 }));
    world.create(podDisruptionBudgets, budgetOf({ maxUnavailable: 1 }));
    world.settle();
    // The pods of a Deployment whose controllers stand still.
    const still = new World([disruptionController(resourceOfKind)]);
    const set = still.create(replicaSets, world.list(replicaSets)[0]!);
    for (const pod of webs()) {
      const owner = { ...metaOf(pod).ownerReferences![0]!, uid: metaOf(set).uid! };
      still.create(pods, { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } });
    }
    still.create(podDisruptionBudgets, budgetOf({ maxUnavailable: 1 }));
    still.settle();
    const figures = () => still.get(podDisruptionBudgets, 'shop', 'web')?.status;
    expect(figures()).toMatchObject({ expectedPods: 2, desiredHealthy: 1 });
    still.update(replicaSets, set, (next) => {
      next.spec!.replicas = 7;
    });
    still.settle();
    expect(figures()).toMatchObject({ expectedPods: 7, desiredHealthy: 6 });
  });

  test('pods that nobody controls count for a plain number only, and a person is told', () => {
    for (const name of ['a', 'b', 'c']) bare(name);
    world.create(podDisruptionBudgets, budgetOf({ minAvailable: 1 }));
    world.create(podDisruptionBudgets, budgetOf({ maxUnavailable: 1 }, 'share'));
    world.settle();
    ready(3);
    expect(status()).toMatchObject({ expectedPods: 3, disruptionsAllowed: 2 });
    expect(status('share')).toMatchObject({ expectedPods: 0, currentHealthy: 3, disruptionsAllowed: 0 });
    expect(world.transcript).toContain('disruption: event UnmanagedPods');
  });

  test('where a controller has no scale nothing is allowed, and the figures say why', () => {
    world.create(
      jobs,
      jobOf('sum', {
        parallelism: 2,
        template: { metadata: { labels: { app: 'web' } }, spec: { ...podSpec(), restartPolicy: 'Never' } },
      }),
    );
    world.create(podDisruptionBudgets, budgetOf({ maxUnavailable: 1 }));
    world.settle();
    ready(2);
    expect(status()).toMatchObject({ disruptionsAllowed: 0 });
    expect(verdict()).toEqual(['DisruptionAllowed=False SyncFailed']);
    expect(status()?.conditions?.[0]?.message).toContain('Job sum');
    world.update(podDisruptionBudgets, budgetOf({}), (next) => {
      next.spec = { selector, minAvailable: 1 };
    });
    world.settle();
    expect(status()).toMatchObject({ disruptionsAllowed: 1, expectedPods: 2, observedGeneration: 2 });
    expect(verdict()).toEqual(['DisruptionAllowed=True SufficientPods']);
  });

  test('without pods nothing is allowed; an empty selector means the whole namespace, none means nothing', () => {
    world.create(podDisruptionBudgets, budgetOf({ minAvailable: 0 }));
    world.create(podDisruptionBudgets, budgetOf({ minAvailable: 1, selector: {} }, 'all'));
    world.create(podDisruptionBudgets, budgetOf({ minAvailable: 1, selector: undefined }, 'none'));
    world.settle();
    expect(status()).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 });
    expect(world.transcript).toContain('disruption: event NoPods');
    world.create(pods, { metadata: { name: 'x', namespace: 'shop' }, spec: podSpec() });
    world.create(pods, { metadata: { name: 'x', namespace: 'elsewhere' }, spec: podSpec() });
    world.settle();
    expect([status()?.expectedPods, status('all')?.expectedPods, status('none')?.expectedPods]).toEqual([0, 1, 0]);
  });

  test('a pod on its way out is not healthy; one whose labels change is another budget’s', () => {
    for (const name of ['a', 'b', 'c']) bare(name);
    world.create(podDisruptionBudgets, budgetOf({ minAvailable: 1 }));
    world.settle();
    ready(3);
    world.delete(pods, webs()[0]!);
    world.settle();
    expect(status()).toMatchObject({ expectedPods: 3, currentHealthy: 2, disruptionsAllowed: 1 });
    world.update(pods, webs()[1]!, (next) => {
      metaOf(next).labels = { app: 'debug' };
    });
    world.settle();
    expect(status()).toMatchObject({ expectedPods: 2, currentHealthy: 1, disruptionsAllowed: 0 });
    world.delete(pods, webs()[0]!, { gracePeriodSeconds: 0 });
    world.settle();
    expect(status()).toMatchObject({ expectedPods: 1 });
  });

  test('a granted eviction takes its place until the pod goes, or for two minutes', () => {
    for (const name of ['a', 'b', 'c']) bare(name);
    world.create(podDisruptionBudgets, budgetOf({ minAvailable: 1 }));
    world.settle();
    ready(3);
    grant(webs()[0]!);
    world.settle();
    expect(status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
    world.delete(pods, webs()[0]!);
    world.settle();
    expect(status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
    expect(status()).not.toHaveProperty('disruptedPods');

    grant(webs()[1]!);
    world.settle();
    world.advance(119_000);
    world.settle();
    expect(status()).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 });
    world.takeTranscript();
    world.advance(1_000);
    world.settle();
    expect(status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
    expect(status()).not.toHaveProperty('disruptedPods');
    expect(world.transcript).toContain('disruption: event NotDeleted');
  });

  test('figures are written on what was read only: a grant that comes between is not lost', () => {
    bare('a');
    world.create(podDisruptionBudgets, budgetOf({ minAvailable: 0 }));
    const [write] = world.decide(disruption, 'shop/web');
    expect(write).toMatchObject({
      type: 'update',
      part: 'status',
      resourceVersion: metaOf(world.get(podDisruptionBudgets, 'shop', 'web')!).resourceVersion,
    });
  });

  test('what has nothing to do with a budget does not make it look again', () => {
    bare('a');
    world.create(podDisruptionBudgets, budgetOf({ minAvailable: 1 }));
    world.settle();
    ready(1);
    world.setStatus(pods, webs()[0]!, { podIP: '10.0.0.9' });
    world.create(pods, { metadata: { name: 'other', namespace: 'shop' }, spec: podSpec() });
    expect(world.due).toEqual([]);
    expect(names(webs())).toEqual(['a', 'other']);
  });

  test('whatever happens: no eviction that is granted takes more than the budget leaves', () => {
    const type = fc.constantFrom(
      'evict',
      'evict',
      'evict',
      'ready',
      'ready',
      'unready',
      'gone',
      'step',
      'step',
      'crash',
    );
    const happenings = fc.array(fc.record({ type, which: fc.nat(20) }), { minLength: 30, maxLength: 120 });
    let granted = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), happenings, (minAvailable, all) => {
        world = new World([disruption, deploymentController, replicaSetController]);
        world.create(deployments, deploymentOf('web', { replicas: 5 }));
        world.create(podDisruptionBudgets, budgetOf({ minAvailable }));
        world.settle();
        ready(5);
        const healthy = () => webs().filter((pod) => isReady(pod) && !isTerminating(pod));
        for (const { type: what, which } of all) {
          const pod = webs()[which % Math.max(1, webs().length)];
          if (what === 'step') world.step(which);
          if (what === 'crash') world.stepAndCrash(which);
          if (!pod) continue;
          if (what === 'ready' && !isTerminating(pod)) reportReady(world, pod);
          if (what === 'gone' && isTerminating(pod)) confirmGone(world, pod);
          if (what === 'unready' && !isTerminating(pod)) {
            reportReady(world, pod, false);
            // What happens by itself is for the controller to notice: only then has the budget room or not.
            world.settle();
          }
          if (what !== 'evict' || isBeyondBudgets(pod)) continue;
          if (!evicted(pod)) continue;
          granted++;
          if (isReady(pod)) expect(healthy().length).toBeGreaterThanOrEqual(minAvailable);
        }
      }),
      { numRuns: 200 },
    );
    expect(granted).toBeGreaterThan(200);
  });

  /** As the server does it: takes the disruption from the budget, then deletes the pod. */
  function evicted(pod: Pod): boolean {
    const budget = world.get(podDisruptionBudgets, 'shop', 'web')!;
    try {
      if (obstacleOf(pod, budget) === 'budget') {
        const next = grantDisruption(budget, metaOf(pod).name ?? '', timestamp(world.nowMs));
        world.setStatus(podDisruptionBudgets, budget, next);
      }
    } catch {
      return false;
    }
    world.delete(pods, pod);
    return true;
  }
});
