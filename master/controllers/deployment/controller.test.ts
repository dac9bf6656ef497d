import { beforeEach, describe, expect, test } from 'vitest';
import { type DeploymentSpec, deployments } from '../../../api/apps/deployment.ts';
import { type ReplicaSet, replicaSets } from '../../../api/apps/replica-set.ts';
import { conditionOf } from '../../../api/core/conditions.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { controllerOf, metaOf } from '../../../api/meta/object.ts';
import { World } from '../kit/world.suite.ts';
import { isActive, isReady } from '../pods/pod-state.ts';
import { replicaSetController } from '../replica-set/controller.ts';
import { confirmGone, deploymentOf, podSpec, reportReady } from '../samples.suite.ts';
import { deploymentController } from './controller.ts';
import { templateHash } from './template-hash.ts';

const REVISION = 'deployment.kubernetes.io/revision';

describe('Deployment', () => {
  let world: World;
  const web = () => world.get(deployments, 'shop', 'web')!;
  const condition = (type: string) => conditionOf(web().status?.conditions, type);
  const progress = () => condition('Progressing')?.reason;
  const active = () => world.list(pods).filter(isActive);
  const imageOf = (object: Pod | ReplicaSet) =>
    ('template' in object.spec! ? object.spec.template!.spec : (object.spec as Pod['spec']))?.containers[0]?.image;
  const setWith = (image: string) => world.list(replicaSets).find((set) => imageOf(set) === image)!;
  const count = (image: string) => active().filter((pod) => imageOf(pod) === image).length;
  const edit = (change: (spec: DeploymentSpec) => void) => {
    world.update(deployments, web(), (next) => change(next.spec!));
    world.settle();
  };
  const roll = (image: string) => edit((spec) => (spec.template.spec = podSpec(image)));
  /** The agents catch up: everything that runs becomes ready, until nothing changes. */
  const allReady = () => {
    for (let pending = active(); pending.length > 0; pending = active().filter((pod) => !isReady(pod))) {
      for (const pod of pending) reportReady(world, pod);
      world.settle();
    }
  };
  const start = (spec: Parameters<typeof deploymentOf>[1] = {}) => {
    world.create(deployments, deploymentOf('web', spec));
    world.settle();
  };

  beforeEach(() => {
    world = new World([deploymentController, replicaSetController]);
  });

  test('makes one ReplicaSet, named and labelled by the hash of the template, and becomes available and complete', () => {
    start({ replicas: 2 });
    const [set] = world.list(replicaSets);
    const hash = metaOf(set!).labels?.['pod-template-hash'];
    expect(metaOf(set!).name).toBe(`web-${hash}`);
    expect(set!.spec?.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(controllerOf(set!)).toMatchObject({ kind: 'Deployment', name: 'web' });
    expect(metaOf(web()).annotations?.[REVISION]).toBe('1');
    expect(condition('Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' });
    expect(condition('Progressing')).toMatchObject({ status: 'True' });
    allReady();
    expect(web().status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
    expect(web().status?.unavailableReplicas).toBeUndefined();
    expect(condition('Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
    expect(world.decide(deploymentController, 'shop/web')).toEqual([]);
  });

  test('the first steps, as a transcript', () => {
    start({ replicas: 1 });
    const name = metaOf(world.list(replicaSets)[0]!).name;
    const pod = metaOf(active()[0]!).name;
    expect(world.takeTranscript().slice(0, 5)).toEqual([
      `deployment: create replicaset ${name}`,
      'deployment: update deployment web status',
      'deployment: update deployment web',
      'deployment: update deployment web status',
      `replicaset: create pod ${pod}`,
    ]);
  });

  test('a change of size goes to the one ReplicaSet and makes no revision', () => {
    start({ replicas: 1 });
    allReady();
    edit((spec) => (spec.replicas = 4));
    expect(active()).toHaveLength(4);
    edit((spec) => (spec.replicas = 0));
    expect(active()).toHaveLength(0);
    expect(world.list(replicaSets)).toHaveLength(1);
    expect(metaOf(web()).annotations?.[REVISION]).toBe('1');
    expect(web().status?.observedGeneration).toBe(metaOf(web()).generation);
  });

  test('a rolling update goes step by step and leaves the old ReplicaSet empty', () => {
    start({ replicas: 4, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } });
    allReady();
    roll('shop:2');
    // One more for the surge, one less that need not be available.
    expect([count('shop:1'), count('shop:2')]).toEqual([3, 2]);
    expect(progress()).toBe('ReplicaSetUpdated');
    allReady();
    expect([count('shop:1'), count('shop:2')]).toEqual([0, 4]);
    expect(progress()).toBe('NewReplicaSetAvailable');
    expect(metaOf(web()).annotations?.[REVISION]).toBe('2');
    expect(setWith('shop:1').spec?.replicas).toBe(0);
  });

  test('a rolling update that never becomes ready stops half way and is said to have failed after its deadline', () => {
    start({ replicas: 4, progressDeadlineSeconds: 60 });
    allReady();
    roll('broken:1');
    const before = [count('shop:1'), count('broken:1')];
    expect(before[0]).toBe(3);
    world.advance(59_000);
    world.settle();
    expect(progress()).toBe('ReplicaSetUpdated');
    world.advance(2_000);
    world.settle();
    expect(condition('Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect([count('shop:1'), count('broken:1')]).toEqual(before);
    expect(condition('Available')?.status).toBe('True');
    expect(world.decide(deploymentController, 'shop/web')).toEqual([]);
  });

  test('going back to an earlier template uses its ReplicaSet again, under a new revision', () => {
    start({ replicas: 1 });
    allReady();
    roll('shop:2');
    allReady();
    roll('shop:1');
    allReady();
    expect(world.list(replicaSets)).toHaveLength(2);
    expect(count('shop:1')).toBe(1);
    expect(metaOf(web()).annotations?.[REVISION]).toBe('3');
    const annotations = metaOf(setWith('shop:1')).annotations;
    expect(annotations).toMatchObject({ [REVISION]: '3', 'deployment.kubernetes.io/revision-history': '1' });
  });

  test('keeps as many old ReplicaSets as revisionHistoryLimit says, the newest ones', () => {
    start({ replicas: 1, revisionHistoryLimit: 2 });
    allReady();
    for (const image of ['shop:2', 'shop:3', 'shop:4', 'shop:5']) {
      roll(image);
      allReady();
    }
    expect(world.list(replicaSets).map(imageOf).sort()).toEqual(['shop:3', 'shop:4', 'shop:5']);
  });

  test('Recreate makes no new pod before the last old one has ended', () => {
    start({ replicas: 2, strategy: { type: 'Recreate' } });
    allReady();
    const old = active();
    for (const pod of old) world.update(pods, pod, (next) => (next.spec!.nodeName = 'n1'));
    roll('shop:2');
    expect([active().length, world.list(pods).length]).toEqual([0, 2]);
    confirmGone(world, old[0]!);
    world.settle();
    expect(active()).toHaveLength(0);
    confirmGone(world, old[1]!);
    world.settle();
    expect([count('shop:1'), count('shop:2')]).toEqual([0, 2]);
  });

  test('a paused Deployment changes size but not template, and says so', () => {
    start({ replicas: 2 });
    allReady();
    edit((spec) => (spec.paused = true));
    expect(condition('Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
    roll('shop:2');
    edit((spec) => (spec.replicas = 3));
    expect([count('shop:1'), count('shop:2')]).toEqual([3, 0]);
    allReady();
    edit((spec) => (spec.paused = false));
    allReady();
    expect([count('shop:1'), count('shop:2')]).toEqual([0, 3]);
    expect(progress()).toBe('NewReplicaSetAvailable');
  });

  test('a change of size in the middle of a rollout is shared out in proportion', () => {
    start({ replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } });
    allReady();
    roll('broken:1');
    expect([count('shop:1'), count('broken:1')]).toEqual([8, 5]);
    edit((spec) => (spec.replicas = 15));
    // 18 may run now; 8 and 5 of 13 become 11 and 7.
    expect([count('shop:1'), count('broken:1')]).toEqual([11, 7]);
  });

  test('a ReplicaSet left behind by an earlier Deployment is adopted, pods and all', () => {
    start({ replicas: 2 });
    allReady();
    const before = active().map((pod) => metaOf(pod).uid);
    const set = world.list(replicaSets)[0]!;
    world.update(replicaSets, set, (next) => {
      metaOf(next).ownerReferences = undefined;
    });
    world.delete(deployments, web());
    world.settle();
    start({ replicas: 2 });
    expect(world.list(replicaSets)).toHaveLength(1);
    expect(controllerOf(world.list(replicaSets)[0]!)?.uid).toBe(metaOf(web()).uid);
    expect(active().map((pod) => metaOf(pod).uid)).toEqual(before);
  });

  test('a foreign ReplicaSet under the name it would use costs a collision, not the rollout', () => {
    const deployment = world.create(deployments, deploymentOf('web', { replicas: 1 }));
    const taken = `web-${templateHash(deployment.spec?.template, 0)}`;
    const labels = { app: 'other' };
    world.create(replicaSets, {
      metadata: { name: taken, namespace: 'shop' },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec() } },
    });
    world.settle();
    allReady();
    expect(web().status?.collisionCount).toBe(1);
    expect(count('shop:1')).toBe(1);
    expect(progress()).toBe('NewReplicaSetAvailable');
  });

  test('annotations and minReadySeconds reach the ReplicaSet; what kubectl keeps for itself does not', () => {
    start({ replicas: 1 });
    world.update(deployments, web(), (next) => {
      next.spec!.minReadySeconds = 5;
      metaOf(next).annotations = {
        ...metaOf(next).annotations,
        'kubernetes.io/change-cause': 'why not',
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
      };
    });
    world.settle();
    const [set] = world.list(replicaSets);
    expect(set!.spec?.minReadySeconds).toBe(5);
    expect(metaOf(set!).annotations?.['kubernetes.io/change-cause']).toBe('why not');
    expect(metaOf(set!).annotations).not.toHaveProperty('kubectl.kubernetes.io/last-applied-configuration');
  });
});
