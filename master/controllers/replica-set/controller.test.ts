import { beforeEach, describe, expect, test } from 'vitest';
import { type ReplicaSet, replicaSets } from '../../../api/apps/replica-set.ts';
import { namespaces } from '../../../api/core/namespace.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { replicationControllers } from '../../../api/core/replication-controller.ts';
import { controllerOf, metaOf } from '../../../api/meta/object.ts';
import { World } from '../kit/world.suite.ts';
import { isActive } from '../pods/pod-state.ts';
import { confirmGone, names, podSpec, reportEnd, reportReady } from '../samples.suite.ts';
import { replicaSetController, replicationController } from './controller.ts';

const labels = { app: 'web' };
const setOf = (replicas: number, spec: Partial<NonNullable<ReplicaSet['spec']>> = {}): ReplicaSet => ({
  metadata: { name: 'web', namespace: 'shop' },
  spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec() }, ...spec },
});
const barePod = (name: string): Pod => ({ metadata: { name, namespace: 'shop', labels }, spec: podSpec() });

describe('ReplicaSet', () => {
  let world: World;
  const set = () => world.get(replicaSets, 'shop', 'web')!;
  const active = () => world.list(pods).filter(isActive);
  const resize = (replicas: number) =>
    world.update(replicaSets, set(), (next) => {
      next.spec!.replicas = replicas;
    });

  beforeEach(() => {
    world = new World([replicaSetController]);
  });

  test('makes the pods that are missing, owned and named after it, and counts them', () => {
    world.create(replicaSets, setOf(3));
    world.settle();
    expect(active()).toHaveLength(3);
    for (const pod of active()) {
      expect(metaOf(pod).name).toMatch(/^web-[a-z0-9]{5}$/);
      expect(metaOf(pod).labels).toEqual(labels);
      expect(controllerOf(pod)).toMatchObject({ kind: 'ReplicaSet', name: 'web', blockOwnerDeletion: true });
    }
    expect(set().status).toMatchObject({ replicas: 3, fullyLabeledReplicas: 3, observedGeneration: 1 });
    expect(set().status?.readyReplicas).toBeUndefined();
  });

  test('makes less and less often what a node refuses, and at once what it has let run', () => {
    world.create(replicaSets, setOf(1));
    const made: number[] = [];
    for (let second = 0; second < 300; second++) {
      world.settle();
      for (const pod of active()) {
        made.push(second);
        world.setStatus(pods, pod, { phase: 'Failed', reason: 'OutOfcpu' });
      }
      world.advance(1_000);
    }
    expect(made).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    world.advance(600_000);
    world.settle();
    reportEnd(world, active()[0]!, 'Failed');
    world.settle();
    expect(active()).toHaveLength(1);
  });

  test('decides nothing when all is as it should be', () => {
    world.create(replicaSets, setOf(2));
    world.settle();
    expect(world.decide(replicaSetController, 'shop/web')).toEqual([]);
  });

  test('makes and removes a bounded number per pass', () => {
    world.create(replicaSets, setOf(1200));
    world.step();
    expect(active()).toHaveLength(500);
    world.settle();
    expect(active()).toHaveLength(1200);
    resize(0);
    world.step();
    expect(active()).toHaveLength(700);
    world.settle();
    expect(active()).toHaveLength(0);
  });

  test('replaces pods that failed or are being deleted at once', () => {
    world.create(replicaSets, setOf(2));
    world.settle();
    const [first, second] = active();
    reportEnd(world, first!, 'Failed');
    world.update(pods, second!, (pod) => {
      pod.spec!.nodeName = 'n1';
    });
    world.delete(pods, second!);
    world.settle();
    expect(active()).toHaveLength(2);
    expect(world.list(pods)).toHaveLength(4);
    expect(set().status).toMatchObject({ replicas: 2, terminatingReplicas: 1 });
    confirmGone(world, second!);
    world.settle();
    expect(set().status).toMatchObject({ replicas: 2, terminatingReplicas: 0 });
  });

  test('removes those that serve least first', () => {
    world.create(replicaSets, setOf(4));
    world.settle();
    const [ready, unready, unbound, cheap] = active();
    for (const pod of [ready, unready, cheap]) {
      world.update(pods, pod!, (next) => {
        next.spec!.nodeName = 'n1';
      });
    }
    reportReady(world, ready!);
    reportReady(world, unready!, false);
    reportReady(world, cheap!);
    world.update(pods, cheap!, (next) => {
      metaOf(next).annotations = { 'controller.kubernetes.io/pod-deletion-cost': '-1' };
    });
    world.settle();
    const left = [ready, unready, unbound, cheap];
    for (const loser of [unbound, unready, cheap]) {
      resize(left.length - 1);
      world.settle();
      left.splice(left.indexOf(loser), 1);
      expect(names(active())).toEqual(names(left as Pod[]));
    }
  });

  test('counts a pod as available once it was ready for minReadySeconds, and not before', () => {
    world.create(replicaSets, setOf(1, { minReadySeconds: 10 }));
    world.settle();
    reportReady(world, active()[0]!);
    world.settle();
    expect(set().status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    world.advance(9_999);
    world.settle();
    expect(set().status).toMatchObject({ availableReplicas: 0 });
    world.advance(1);
    world.settle();
    expect(set().status).toMatchObject({ availableReplicas: 1 });
    expect(world.decide(replicaSetController, 'shop/web')).toEqual([]);
  });

  test('adopts matching pods that nobody controls instead of making more', () => {
    world.create(pods, barePod('mine'));
    world.create(replicaSets, setOf(2));
    world.settle();
    expect(active()).toHaveLength(2);
    expect(controllerOf(world.get(pods, 'shop', 'mine')!)?.uid).toBe(metaOf(set()).uid);
    world.create(pods, barePod('late'));
    world.settle();
    expect(active()).toHaveLength(2);
  });

  test('lets a pod go whose labels no longer match, and makes another', () => {
    world.create(replicaSets, setOf(1));
    world.settle();
    const pod = active()[0]!;
    world.update(pods, pod, (next) => {
      metaOf(next).labels = { app: 'debug' };
    });
    world.settle();
    expect(controllerOf(world.get(pods, 'shop', metaOf(pod).name!)!)).toBeUndefined();
    expect(active()).toHaveLength(2);
    expect(set().status?.replicas).toBe(1);
  });

  test('makes and adopts nothing while it is being deleted, nor in a namespace on its way out', () => {
    world.create(replicaSets, { ...setOf(1), metadata: { ...setOf(1).metadata, finalizers: ['example.com/hold'] } });
    world.settle();
    world.delete(replicaSets, set());
    world.delete(pods, active()[0]!);
    world.create(pods, barePod('alone'));
    world.settle();
    expect(names(active())).toEqual(['alone']);

    world = new World([replicaSetController]);
    world.create(namespaces, { metadata: { name: 'shop' } });
    world.delete(namespaces, { metadata: { name: 'shop' } });
    world.create(replicaSets, setOf(1));
    world.settle();
    expect(active()).toEqual([]);
  });
});

test('a ReplicationController is kept in the same way, by its map of labels', () => {
  const world = new World([replicationController]);
  const spec = { replicas: 2, selector: labels, template: { metadata: { labels }, spec: podSpec() } };
  world.create(replicationControllers, { metadata: { name: 'old', namespace: 'shop' }, spec });
  world.settle();
  const made = world.list(pods);
  expect(made).toHaveLength(2);
  for (const pod of made) expect(controllerOf(pod)).toMatchObject({ kind: 'ReplicationController', name: 'old' });
  reportReady(world, made[0]!);
  world.settle();
  const { status } = world.get(replicationControllers, 'shop', 'old')!;
  expect(status).toEqual({
    ...{ replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 1, availableReplicas: 1, observedGeneration: 1 },
  });
  expect(world.decide(replicationController, 'shop/old')).toEqual([]);
});
