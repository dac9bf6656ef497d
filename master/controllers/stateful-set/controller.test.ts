import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { controllerRevisions } from '../../../api/apps/controller-revision.ts';
import { type StatefulSet, type StatefulSetSpec, statefulSets } from '../../../api/apps/stateful-set.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { World } from '../kit/world.suite.ts';
import { isActive, isReady, isTerminating } from '../pods/pod-state.ts';
import { bind, confirmGone, names, podSpec, reportEnd, reportReady } from '../samples.suite.ts';
import { statefulSetController } from './controller.ts';
import { ordinalOf } from './identity.ts';

const labels = { app: 'db' };

const setOf = (spec: Partial<StatefulSetSpec> = {}): StatefulSet => ({
  metadata: { name: 'db', namespace: 'shop' },
  spec: {
    replicas: 3,
    serviceName: 'db',
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: podSpec() },
    ...spec,
  },
});

const storage = {
  volumeClaimTemplates: [
    {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } },
    },
  ],
};

describe('StatefulSet', () => {
  let world: World;
  const set = () => world.get(statefulSets, 'shop', 'db')!;
  const there = () => names(world.list(pods).filter((pod) => !isTerminating(pod)));
  const claims = () => names(world.list(persistentVolumeClaims));
  const edit = (change: (spec: StatefulSetSpec) => void) =>
    world.update(statefulSets, set(), (next) => {
      change(next.spec!);
    });
  const resize = (replicas: number) =>
    edit((spec) => {
      spec.replicas = replicas;
    });
  const newImage = (image = 'shop:2') =>
    edit((spec) => {
      spec.template.spec!.containers[0]!.image = image;
    });
  const imageOf = (ordinal: number) => world.get(pods, 'shop', `db-${ordinal}`)?.spec?.containers[0]?.image;
  const up = (pod: Pod) => reportReady(world, world.get(pods, 'shop', metaOf(pod).name!)!);
  /** One round of what agents do: pods that were made come up, those that are to go are gone. */
  const tick = () => {
    world.settle();
    for (const pod of world.list(pods)) {
      if (isTerminating(pod)) confirmGone(world, pod);
      else if (isActive(pod) && !isReady(pod)) up(pod);
    }
    world.settle();
  };
  const live = (rounds = 30) => {
    for (let i = 0; i < rounds; i++) tick();
  };

  beforeEach(() => {
    world = new World([statefulSetController]);
  });

  test('makes its pods in order, each when the one before is ready, with names that last', () => {
    world.create(statefulSets, setOf());
    world.settle();
    expect(there()).toEqual(['db-0']);
    bind(world, world.get(pods, 'shop', 'db-0')!);
    world.settle();
    expect(there()).toEqual(['db-0']);
    tick();
    expect(there()).toEqual(['db-0', 'db-1']);
    live();
    expect(there()).toEqual(['db-0', 'db-1', 'db-2']);
    const pod = world.get(pods, 'shop', 'db-1')!;
    expect(pod.spec).toMatchObject({ hostname: 'db-1', subdomain: 'db' });
    expect(metaOf(pod).labels).toMatchObject({
      ...labels,
      'statefulset.kubernetes.io/pod-name': 'db-1',
      'apps.kubernetes.io/pod-index': '1',
      'controller-revision-hash': set().status?.updateRevision,
    });
    expect(set().status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      observedGeneration: 1,
    });
    expect(world.decide(statefulSetController, 'shop/db')).toEqual([]);
  });

  test('in parallel makes and removes them all at once', () => {
    world.create(statefulSets, setOf({ podManagementPolicy: 'Parallel' }));
    world.settle();
    expect(there()).toEqual(['db-0', 'db-1', 'db-2']);
    live();
    resize(0);
    world.settle();
    expect(there()).toEqual([]);
  });

  test('removes the highest first, each when the one after is gone', () => {
    world.create(statefulSets, setOf());
    live();
    resize(1);
    world.settle();
    expect(there()).toEqual(['db-0', 'db-1']);
    world.settle();
    expect(there()).toEqual(['db-0', 'db-1']);
    live();
    expect(there()).toEqual(['db-0']);
  });

  test('a pod that is lost or has ended comes back under its name', () => {
    world.create(statefulSets, setOf());
    live();
    world.delete(pods, world.get(pods, 'shop', 'db-1')!);
    live();
    reportEnd(world, world.get(pods, 'shop', 'db-0')!, 'Failed');
    live();
    expect(there()).toEqual(['db-0', 'db-1', 'db-2']);
    expect(world.list(pods).every(isReady)).toBe(true);
  });

  test('numbers begin where it says', () => {
    world.create(statefulSets, setOf({ ordinals: { start: 5 }, replicas: 2 }));
    live();
    expect(there()).toEqual(['db-5', 'db-6']);
    edit((spec) => {
      spec.ordinals = { start: 6 };
    });
    live();
    expect(there()).toEqual(['db-6', 'db-7']);
  });

  describe('storage', () => {
    const data = [0, 1, 2].map((ordinal) => `data-db-${ordinal}`);

    test('each pod has a claim of its own, which stays when the pod goes', () => {
      world.create(statefulSets, setOf(storage));
      live();
      expect(claims()).toEqual(data);
      const pod = world.get(pods, 'shop', 'db-2')!;
      expect(pod.spec?.volumes).toEqual([{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-2' } }]);
      resize(1);
      live();
      expect(claims()).toEqual(data);
      for (const claim of world.list(persistentVolumeClaims)) expect(metaOf(claim).ownerReferences).toBeUndefined();
    });

    test('goes with whom it is to go with', () => {
      const policy = { whenDeleted: 'Delete' as const, whenScaled: 'Delete' as const };
      world.create(statefulSets, setOf({ ...storage, persistentVolumeClaimRetentionPolicy: policy }));
      live();
      const owners = (name: string) =>
        metaOf(world.get(persistentVolumeClaims, 'shop', name)!).ownerReferences?.map(({ kind }) => kind);
      expect(owners('data-db-2')).toEqual(['StatefulSet']);
      resize(2);
      world.settle();
      expect(owners('data-db-2')).toEqual(['StatefulSet', 'Pod']);
      expect(owners('data-db-1')).toEqual(['StatefulSet']);
      edit((spec) => {
        spec.persistentVolumeClaimRetentionPolicy = { whenDeleted: 'Retain', whenScaled: 'Retain' };
      });
      live();
      expect(owners('data-db-1')).toBeUndefined();
    });

    test('a claim on its way out is waited for', () => {
      world.create(persistentVolumeClaims, {
        metadata: { name: 'data-db-0', namespace: 'shop', finalizers: ['kubernetes.io/pvc-protection'] },
        spec: storage.volumeClaimTemplates[0]!.spec,
      });
      world.delete(persistentVolumeClaims, world.get(persistentVolumeClaims, 'shop', 'data-db-0')!);
      world.create(statefulSets, setOf(storage));
      world.step();
      expect(there()).toEqual([]);
      world.update(persistentVolumeClaims, world.get(persistentVolumeClaims, 'shop', 'data-db-0')!, (claim) => {
        metaOf(claim).finalizers = undefined;
      });
      live();
      expect(there()).toEqual(['db-0', 'db-1', 'db-2']);
    });
  });

  test('a name that somebody else has is waited for, and that is said once', () => {
    world.create(pods, { metadata: { name: 'db-1', namespace: 'shop', labels: { app: 'other' } }, spec: podSpec() });
    world.create(statefulSets, setOf({ replicas: 2 }));
    live();
    expect(there()).toEqual(['db-0', 'db-1']);
    expect(world.takeTranscript().filter((line) => line.includes('FailedCreate')).length).toBeLessThan(6);
    world.settle();
    expect(world.transcript).toEqual([]);
    world.delete(pods, world.get(pods, 'shop', 'db-1')!, { gracePeriodSeconds: 0 });
    live();
    expect(metaOf(world.get(pods, 'shop', 'db-1')!).ownerReferences).toHaveLength(1);
  });

  describe('a new template', () => {
    test('goes from the highest to the lowest, one pod after the other', () => {
      world.create(statefulSets, setOf());
      live();
      const before = set().status?.currentRevision;
      newImage();
      world.settle();
      expect(there()).toEqual(['db-0', 'db-1']);
      expect(set().status).toMatchObject({ currentRevision: before, currentReplicas: 2 });
      expect(set().status?.updateRevision).not.toBe(before);
      tick();
      tick();
      expect([0, 1, 2].map(imageOf)).toEqual(['shop:1', 'shop:1', 'shop:2']);
      live();
      expect([0, 1, 2].map(imageOf)).toEqual(['shop:2', 'shop:2', 'shop:2']);
      const { currentRevision, updateRevision } = set().status ?? {};
      expect(currentRevision).toBe(updateRevision);
    });

    test('stays above the partition, and what is below comes back as it was', () => {
      const updateStrategy = { type: 'RollingUpdate' as const, rollingUpdate: { partition: 2 } };
      world.create(statefulSets, setOf({ updateStrategy }));
      live();
      newImage();
      live();
      expect([0, 1, 2].map(imageOf)).toEqual(['shop:1', 'shop:1', 'shop:2']);
      world.delete(pods, world.get(pods, 'shop', 'db-0')!);
      live();
      expect(imageOf(0)).toBe('shop:1');
      edit((spec) => {
        spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
      });
      live();
      expect([0, 1, 2].map(imageOf)).toEqual(['shop:2', 'shop:2', 'shop:2']);
    });

    test('with OnDelete waits for somebody to remove the pods', () => {
      world.create(statefulSets, setOf({ updateStrategy: { type: 'OnDelete' } }));
      live();
      newImage();
      live();
      expect([0, 1, 2].map(imageOf)).toEqual(['shop:1', 'shop:1', 'shop:1']);
      world.delete(pods, world.get(pods, 'shop', 'db-0')!);
      live();
      expect([0, 1, 2].map(imageOf)).toEqual(['shop:2', 'shop:1', 'shop:1']);
    });

    test('may take several at a time', () => {
      const updateStrategy = { type: 'RollingUpdate' as const, rollingUpdate: { maxUnavailable: 2 } };
      world.create(statefulSets, setOf({ updateStrategy, podManagementPolicy: 'Parallel' }));
      live();
      newImage();
      world.settle();
      expect(there()).toEqual(['db-0']);
    });

    test('that does not come up stops there', () => {
      world.create(statefulSets, setOf());
      live();
      newImage('broken');
      world.settle();
      confirmGone(world, world.get(pods, 'shop', 'db-2')!);
      world.settle();
      expect([0, 1, 2].map(imageOf)).toEqual(['shop:1', 'shop:1', 'broken']);
      expect(world.list(controllerRevisions)).toHaveLength(2);
    });

    test('minReadySeconds holds it back', () => {
      world.create(statefulSets, setOf({ minReadySeconds: 10 }));
      world.settle();
      up(world.get(pods, 'shop', 'db-0')!);
      world.settle();
      expect(there()).toEqual(['db-0']);
      expect(set().status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
      world.advance(10_000);
      world.settle();
      expect(there()).toEqual(['db-0', 'db-1']);
    });
  });

  test('adopts pods of its names, and no others', () => {
    const bare = (name: string): Pod => ({ metadata: { name, namespace: 'shop', labels }, spec: podSpec() });
    world.create(pods, bare('db-0'));
    world.create(pods, bare('db-x'));
    world.create(statefulSets, setOf({ updateStrategy: { type: 'OnDelete' } }));
    live();
    expect(there()).toEqual(['db-0', 'db-1', 'db-2', 'db-x']);
    expect(metaOf(world.get(pods, 'shop', 'db-0')!).labels).toHaveProperty(['apps.kubernetes.io/pod-index'], '0');
    expect(metaOf(world.get(pods, 'shop', 'db-x')!).ownerReferences).toBeUndefined();
  });

  test('whatever happens: in order, never more than one is down by its own doing, and in the end all is as declared', () => {
    const act = fc.constantFrom('image', 'up', 'up', 'gone', 'step', 'step', 'step', 'crash', 'resize');
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        world = new World([statefulSetController], 11);
        world.create(statefulSets, setOf(storage));
        live();
        let image = 1;
        for (const what of acts) {
          const all = world.list(pods);
          const pick = (list: Pod[]) => list[world.rng.int(Math.max(1, list.length))];
          const unready = pick(all.filter((pod) => isActive(pod) && !isReady(pod)));
          const leaving = pick(all.filter(isTerminating));
          if (what === 'image') newImage(`shop:${++image}`);
          if (what === 'up' && unready) up(unready);
          if (what === 'gone' && leaving) confirmGone(world, leaving);
          if (what === 'step') world.step(world.rng.int(3));
          if (what === 'crash') world.stepAndCrash(world.rng.int(3));
          if (what === 'resize') resize(1 + world.rng.int(4));
          // Of all that stand below the highest only one may be missing or down.
          const numbers = world
            .list(pods)
            .filter(isActive)
            .filter(isReady)
            .map((pod) => ordinalOf(set(), pod)!);
          const highest = Math.max(-1, ...numbers);
          expect(highest + 1 - numbers.length).toBeLessThanOrEqual(1);
        }
        live(80);
        const wanted = Array.from({ length: set().spec?.replicas ?? 0 }, (_, ordinal) => ordinal);
        expect(there()).toEqual(wanted.map((ordinal) => `db-${ordinal}`));
        expect(new Set(wanted.map(imageOf))).toEqual(new Set([`shop:${image}`]));
        expect(world.decide(statefulSetController, 'shop/db')).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
