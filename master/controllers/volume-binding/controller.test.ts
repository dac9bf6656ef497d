import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { type PersistentVolume, persistentVolumes } from '../../../api/core/persistent-volume.ts';
import {
  isClaimBound,
  keepVolumeFor,
  SELECTED_NODE,
  volumeFitsClaim,
} from '../../../api/core/persistent-volume-binding.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type StorageClass, storageClasses } from '../../../api/storage/storage-class.ts';
import { World } from '../kit/world.suite.ts';
import { volumeBindingController } from './controller.ts';

const volumeOf = (
  name: string,
  storage = '1Gi',
  spec: NonNullable<PersistentVolume['spec']> = {},
): PersistentVolume => ({
  metadata: { name },
  spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], hostPath: { path: `/data/${name}` }, ...spec },
});
const claimOf = (
  name: string,
  storage = '1Gi',
  spec: NonNullable<PersistentVolumeClaim['spec']> = {},
): PersistentVolumeClaim => ({
  metadata: { name, namespace: 'shop' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec },
});

describe('volume binding', () => {
  let world: World;
  let binder: ReturnType<typeof volumeBindingController>;
  const volume = (name = 'v') => world.get(persistentVolumes, undefined, name);
  const claim = (name = 'c') => world.get(persistentVolumeClaims, 'shop', name);
  const phases = () => [volume()?.status?.phase, claim()?.status?.phase];
  const put = (...objects: (PersistentVolume | PersistentVolumeClaim)[]) => {
    for (const object of objects)
      if (metaOf(object).namespace) world.create(persistentVolumeClaims, object as PersistentVolumeClaim);
      else world.create(persistentVolumes, object as PersistentVolume);
    world.settle();
  };
  const classOf = (name: string, fields: Partial<StorageClass> = {}) => {
    world.create(storageClasses, { metadata: { name }, provisioner: 'example.com/disk', ...fields });
    world.settle();
  };
  const settledForGood = () => {
    for (const { metadata } of world.list(persistentVolumes))
      expect(world.decide(binder, `volume ${metadata?.name}`)).toEqual([]);
    for (const { metadata } of world.list(persistentVolumeClaims).filter(isClaimBound))
      expect(world.decide(binder, `claim shop/${metadata?.name}`)).toEqual([]);
  };

  beforeEach(() => {
    binder = volumeBindingController();
    world = new World([binder]);
  });

  test('a claim gets the smallest volume that fits, and both say so', () => {
    put(volumeOf('big', '9Gi'), volumeOf('small', '1Mi'), volumeOf('v', '3Gi'), claimOf('c', '2Gi'));
    expect(claim()).toMatchObject({
      metadata: {
        annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' },
      },
      spec: { volumeName: 'v' },
      status: { phase: 'Bound', capacity: { storage: '3Gi' }, accessModes: ['ReadWriteOnce'] },
    });
    expect(volume()).toMatchObject({
      metadata: { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
      spec: { claimRef: { kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'c', uid: metaOf(claim()!).uid } },
      status: { phase: 'Bound', lastPhaseTransitionTime: '2030-01-01T00:00:00Z' },
    });
    expect(volume('big')?.status?.phase).toBe('Available');
    settledForGood();
  });

  test('a claim waits, says for what, and is bound when a volume comes', () => {
    put(claimOf('c'));
    expect(claim()?.status).toEqual({ phase: 'Pending' });
    expect(world.takeTranscript()).toEqual(['persistentvolume-binder: event FailedBinding']);
    put(volumeOf('other', '1Gi', { storageClassName: 'fast' }));
    expect(world.takeTranscript()).not.toContain('persistentvolume-binder: event FailedBinding');
    put(volumeOf('v'));
    expect(phases()).toEqual(['Bound', 'Bound']);
  });

  test('of two claims for one volume one gets it, whoever looks first', () => {
    put(volumeOf('v'));
    world.create(persistentVolumeClaims, claimOf('c'));
    world.create(persistentVolumeClaims, claimOf('d'));
    world.settle();
    expect([claim('c'), claim('d')].filter((found) => isClaimBound(found!))).toHaveLength(1);
    settledForGood();
  });

  test('a volume is kept on the version that was read only', () => {
    world.create(persistentVolumes, volumeOf('v'));
    world.create(persistentVolumeClaims, claimOf('c'));
    expect(world.decide(binder, 'claim shop/c')).toMatchObject([
      { type: 'update', name: 'v', resourceVersion: metaOf(volume()!).resourceVersion },
    ]);
  });

  test('a person chooses: by the volume, by the claim, by both', () => {
    put(volumeOf('v', '9Gi', { claimRef: { namespace: 'shop', name: 'c' } }), volumeOf('w', '1Gi'));
    expect(volume()?.status?.phase).toBe('Available');
    put(claimOf('c'));
    expect(claim()?.spec?.volumeName).toBe('v');
    expect(volume()?.spec?.claimRef?.uid).toBe(metaOf(claim()!).uid);
    expect(volume()?.metadata?.annotations).toBeUndefined();

    put(volumeOf('x', '9Gi'), claimOf('d', '1Gi', { volumeName: 'x' }));
    expect(claim('d')).toMatchObject({ spec: { volumeName: 'x' }, status: { phase: 'Bound' } });
    expect(claim('d')?.metadata?.annotations).toEqual({ 'pv.kubernetes.io/bind-completed': 'yes' });
    expect(volume('w')?.status?.phase).toBe('Available');
  });

  test('a chosen volume that does not fit, is another’s, or is not there, is not taken', () => {
    put(volumeOf('v', '1Mi'), claimOf('c', '1Gi', { volumeName: 'v' }));
    expect(world.takeTranscript()).toContain('persistentvolume-binder: event VolumeMismatch');
    put(
      volumeOf('w'),
      claimOf('d'),
      claimOf('e', '1Gi', { volumeName: 'w' }),
      claimOf('f', '1Gi', { volumeName: 'x' }),
    );
    expect(['c', 'd', 'e', 'f'].map((name) => claim(name)?.status?.phase)).toEqual([
      'Pending',
      'Bound',
      'Pending',
      'Pending',
    ]);
    put(volumeOf('x'));
    expect(claim('f')?.status?.phase).toBe('Bound');
  });

  test('a claim that waits for its first pod is left to the scheduler, and completed', () => {
    classOf('local', { provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' });
    put(volumeOf('v', '1Gi', { storageClassName: 'local' }), claimOf('c', '1Gi', { storageClassName: 'local' }));
    expect(phases()).toEqual(['Available', 'Pending']);
    expect(world.transcript).toContain('persistentvolume-binder: event WaitForFirstConsumer');
    world.update(persistentVolumes, volume()!, (next) => keepVolumeFor(next, claim()!));
    world.settle();
    expect(phases()).toEqual(['Bound', 'Bound']);
    settledForGood();
  });

  test('a provisioner is asked once a node is chosen, and what it makes is bound', () => {
    classOf('disk', { volumeBindingMode: 'WaitForFirstConsumer' });
    put(claimOf('c', '1Gi', { storageClassName: 'disk' }));
    const asked = () => claim()?.metadata?.annotations?.['volume.kubernetes.io/storage-provisioner'];
    expect(asked()).toBeUndefined();
    world.update(persistentVolumeClaims, claim()!, (next) => {
      metaOf(next).annotations = { [SELECTED_NODE]: 'n1' };
    });
    world.settle();
    expect(asked()).toBe('example.com/disk');
    const { uid } = metaOf(claim()!);
    put(volumeOf('v', '1Gi', { storageClassName: 'disk', claimRef: { namespace: 'shop', name: 'c', uid } }));
    expect(phases()).toEqual(['Bound', 'Bound']);
  });

  test('a claim of a class that binds at once asks the provisioner when no volume is there', () => {
    classOf('disk');
    put(claimOf('c', '1Gi', { storageClassName: 'disk' }), claimOf('d', '1Gi', { storageClassName: 'none-such' }));
    expect(claim()?.metadata?.annotations).toMatchObject({
      'volume.kubernetes.io/storage-provisioner': 'example.com/disk',
      'volume.beta.kubernetes.io/storage-provisioner': 'example.com/disk',
    });
    expect(world.transcript).toContain('persistentvolume-binder: event ProvisioningFailed');
  });

  test('a claim that names no class gets the default one, the newest of several; one that wants none keeps none', () => {
    const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    put(claimOf('early'));
    classOf('old', { metadata: { name: 'old', annotations } });
    expect(claim('early')?.spec?.storageClassName).toBe('old');
    world.advance(60_000);
    classOf('new', { metadata: { name: 'new', annotations } });
    put(claimOf('c'), claimOf('d', '1Gi', { storageClassName: '' }));
    expect(['early', 'c', 'd'].map((name) => claim(name)?.spec?.storageClassName)).toEqual(['old', 'new', '']);
  });

  describe('when the claim goes', () => {
    const claimGone = (spec: NonNullable<PersistentVolume['spec']>, annotations?: Record<string, string>) => {
      const made = volumeOf('v', '1Gi', spec);
      put({ ...made, metadata: { ...made.metadata, annotations } }, claimOf('c'));
      world.delete(persistentVolumeClaims, claim()!);
      world.settle();
      return volume()?.status;
    };

    test('a retained volume is released, and not given to the next of the name', () => {
      expect(claimGone({ persistentVolumeReclaimPolicy: 'Retain' })?.phase).toBe('Released');
      put(claimOf('c'));
      expect(phases()).toEqual(['Released', 'Pending']);
      put(volumeOf('w'));
      expect(claim()?.spec?.volumeName).toBe('w');
      expect(volume()).toMatchObject({ spec: { claimRef: { name: 'c' } }, status: { phase: 'Released' } });
    });

    test('a released volume is there to be had once a person has taken the claim off it', () => {
      claimGone({ persistentVolumeReclaimPolicy: 'Retain' });
      put(claimOf('c'));
      world.update(persistentVolumes, volume()!, (next) => {
        delete next.spec?.claimRef;
      });
      world.settle();
      expect(phases()).toEqual(['Bound', 'Bound']);
    });

    test('one that its provisioner deletes is released to it', () => {
      const made = { 'pv.kubernetes.io/provisioned-by': 'example.com/disk' };
      expect(claimGone({ persistentVolumeReclaimPolicy: 'Delete' }, made)?.phase).toBe('Released');
    });

    test.each(['Delete', 'Recycle'] as const)(
      'one to be reclaimed by %s, which nobody does here, has failed',
      (policy) => {
        const status = claimGone({ persistentVolumeReclaimPolicy: policy });
        expect(status).toMatchObject({ phase: 'Failed', reason: `VolumeFailed${policy}` });
        expect(status?.message).toContain('remove spec.claimRef');
        settledForGood();
      },
    );
  });

  test('a bound claim whose volume goes is lost, for good; one whose volume forgets it is put right', () => {
    put(volumeOf('v'), claimOf('c'));
    world.update(persistentVolumes, volume()!, (next) => {
      delete next.spec?.claimRef;
    });
    world.settle();
    expect(phases()).toEqual(['Bound', 'Bound']);
    world.delete(persistentVolumes, volume()!);
    world.settle();
    expect(claim()?.status).toEqual({ phase: 'Lost' });
    expect(world.transcript).toContain('persistentvolume-binder: event ClaimLost');
    settledForGood();
  });

  test('a volume kept for a claim that chose another is let go', () => {
    put(volumeOf('v'), claimOf('c'));
    const reference = { namespace: 'shop', name: 'c', uid: metaOf(claim()!).uid };
    put(volumeOf('mine', '1Gi', { claimRef: reference }));
    put({
      ...volumeOf('ours', '1Gi', { claimRef: reference }),
      metadata: { name: 'ours', annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
    });
    expect(volume('mine')).toMatchObject({ spec: { claimRef: { name: 'c' } }, status: { phase: 'Available' } });
    expect(volume('mine')?.spec?.claimRef?.uid).toBeUndefined();
    expect(volume('ours')?.spec?.claimRef).toBeUndefined();
    expect(volume('ours')?.metadata?.annotations).toBeUndefined();
  });

  test('whatever comes and goes, halves of a binding meet, and no claim waits beside a volume it could have', () => {
    const step = fc.record({
      what: fc.constantFrom('volume', 'claim', 'claim', 'remove-claim', 'offer-again'),
      name: fc.constantFrom('a', 'b', 'c'),
      storage: fc.constantFrom('1Gi', '2Gi', '3Gi'),
      storageClassName: fc.constantFrom('', 'slow'),
      crash: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.nat(), (steps, seed) => {
        binder = volumeBindingController();
        world = new World([binder], seed);
        for (const { what, name, storage, storageClassName, crash } of steps) {
          if (what === 'volume' && !volume(name))
            world.create(persistentVolumes, volumeOf(name, storage, { storageClassName }));
          if (what === 'claim' && !claim(name))
            world.create(persistentVolumeClaims, claimOf(name, storage, { storageClassName }));
          if (what === 'remove-claim' && claim(name)) world.delete(persistentVolumeClaims, claim(name)!);
          if (what === 'offer-again' && volume(name)?.status?.phase === 'Released')
            world.update(persistentVolumes, volume(name)!, (next) => {
              delete next.spec?.claimRef;
            });
          if (crash) world.stepAndCrash(world.rng.int(8));
        }
        world.settle(() => world.rng.int(8));
        for (const found of world.list(persistentVolumeClaims)) {
          const its = volume(found.spec?.volumeName);
          if (isClaimBound(found)) {
            expect([found.status?.phase, its?.status?.phase]).toEqual(['Bound', 'Bound']);
            expect(its?.spec?.claimRef?.uid).toBe(metaOf(found).uid);
          } else expect(world.list(persistentVolumes).filter((other) => volumeFitsClaim(other, found))).toEqual([]);
        }
        const kept = world.list(persistentVolumes).filter(({ status }) => status?.phase === 'Bound');
        expect(kept.length).toBe(world.list(persistentVolumeClaims).filter(isClaimBound).length);
      }),
      { numRuns: 200 },
    );
  });
});
