import { beforeEach, describe, expect, test } from 'vitest';
import { LOCAL_PATH_BASE, LOCAL_PATH_FINALIZER, localPathClass } from '../../../api/core/local-path.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import { type PersistentVolume, persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { SELECTED_NODE } from '../../../api/core/persistent-volume-binding.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type StorageClass, storageClasses } from '../../../api/storage/storage-class.ts';
import type { Controller } from '../kit/controller.ts';
import { World } from '../kit/world.suite.ts';
import { volumeBindingController } from '../volume-binding/controller.ts';
import { volumeProvisioner } from './controller.ts';

type ClaimSpec = NonNullable<PersistentVolumeClaim['spec']>;

describe('volumes out of directories', () => {
  let world: World;
  let provisioner: Controller;
  beforeEach(() => {
    provisioner = volumeProvisioner();
    world = new World([volumeBindingController(), provisioner]);
    world.create(storageClasses, localPathClass());
    world.create(nodes, node('n1'));
    world.settle();
  });

  const node = (name: string, base: string | undefined = '/data'): Node => ({
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name },
      annotations: base ? { [LOCAL_PATH_BASE]: base } : {},
    },
  });
  const claimOf = (spec: ClaimSpec = {}, selected: string | undefined = 'n1'): PersistentVolumeClaim => ({
    metadata: { name: 'data', namespace: 'shop', annotations: selected ? { [SELECTED_NODE]: selected } : {} },
    spec: {
      storageClassName: 'local-path',
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...spec,
    },
  });
  const make = (spec?: ClaimSpec, selected?: string) => {
    const made = world.create(persistentVolumeClaims, claimOf(spec, selected));
    world.settle();
    return made;
  };
  const claim = () => world.get(persistentVolumeClaims, 'shop', 'data');
  const volumes = () => world.list(persistentVolumes);
  const only = (): PersistentVolume => {
    const [volume] = volumes();
    if (!volume) throw new Error('there is no volume');
    return volume;
  };
  const said = () => world.decide(provisioner, 'claim shop/data').map((each) => each.type === 'event' && each.note);

  test('a claim gets a volume on the node that its pod comes to, and is bound to it', () => {
    const { metadata } = make();
    const name = `pvc-${metadata?.uid}`;
    expect(only()).toMatchObject({
      metadata: { name, finalizers: [LOCAL_PATH_FINALIZER] },
      spec: {
        hostPath: { path: `/data/${name}_shop_data`, type: 'DirectoryOrCreate' },
        capacity: { storage: '1Gi' },
        persistentVolumeReclaimPolicy: 'Delete',
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n1'] }] },
            ],
          },
        },
      },
      status: { phase: 'Bound' },
    });
    expect(claim()).toMatchObject({ spec: { volumeName: name }, status: { phase: 'Bound' } });
  });

  test('it waits for its first pod', () => {
    world.create(persistentVolumeClaims, { ...claimOf(), metadata: { name: 'data', namespace: 'shop' } });
    world.settle();
    expect(volumes()).toEqual([]);
  });

  test('a class may say where and how long', () => {
    const slow: StorageClass = {
      ...localPathClass(),
      metadata: { name: 'slow' },
      parameters: { path: '/disks/slow' },
      reclaimPolicy: 'Retain',
    };
    world.create(storageClasses, slow);
    make({ storageClassName: 'slow' });
    expect(only().spec).toMatchObject({ persistentVolumeReclaimPolicy: 'Retain', storageClassName: 'slow' });
    expect(only().spec?.hostPath?.path).toMatch(/^\/disks\/slow\/pvc-/);
  });

  test.each<[string, ClaimSpec, string]>([
    ['for many nodes', { accessModes: ['ReadWriteMany'] }, 'cannot be ReadWriteMany'],
    ['as a disk', { volumeMode: 'Block' }, 'no block device'],
    ['by labels', { selector: { matchLabels: { a: 'b' } } }, 'leave out spec.selector'],
    ['of a class that binds at once', { storageClassName: 'now' }, 'must be WaitForFirstConsumer'],
    ['of a class with a bad path', { storageClassName: 'bad' }, 'must be an absolute path, and is "here"'],
  ])('what cannot be is said: a volume %s', (_, spec, message) => {
    world.create(storageClasses, { ...localPathClass(), metadata: { name: 'now' }, volumeBindingMode: 'Immediate' });
    world.create(storageClasses, { ...localPathClass(), metadata: { name: 'bad' }, parameters: { path: 'here' } });
    make(spec);
    expect(volumes()).toEqual([]);
    const reason = 'ProvisioningFailed';
    expect(said()).toMatchObject([{ type: 'Warning', reason, message: expect.stringContaining(message) }]);
  });

  test('an agent that does not say where is waited for', () => {
    world.create(nodes, node('n2', ''));
    make({}, 'n2');
    expect(said()).toMatchObject([{ message: expect.stringContaining('has not said where it keeps volumes') }]);
    world.update(nodes, { metadata: { name: 'n2' } }, ({ metadata = {} }) => {
      metadata.annotations = { [LOCAL_PATH_BASE]: '/late' };
    });
    world.settle();
    expect(only().spec?.hostPath?.path).toMatch(/^\/late\//);
  });

  test('a node that is gone is not waited for', () => {
    make({}, 'n9');
    expect(volumes()).toEqual([]);
    expect(metaOf(claim()!).annotations?.[SELECTED_NODE]).toBeUndefined();
  });

  const release = () => {
    world.delete(persistentVolumeClaims, claim()!);
    world.settle();
  };

  test('a volume that its claim has left is deleted, and stays until its agent has erased it', () => {
    make();
    release();
    expect(only()).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String) },
      status: { phase: 'Released' },
    });
    expect(metaOf(only()).finalizers).toEqual([LOCAL_PATH_FINALIZER]);
  });

  test('where the node is gone, too, nobody is waited for', () => {
    make();
    release();
    world.delete(nodes, { metadata: { name: 'n1' } });
    world.settle();
    expect(volumes()).toEqual([]);
  });

  test('a volume that is to be kept stays; deleted by somebody, its object goes and nothing is erased', () => {
    world.create(storageClasses, { ...localPathClass(), metadata: { name: 'kept' }, reclaimPolicy: 'Retain' });
    make({ storageClassName: 'kept' });
    release();
    expect(only()).toMatchObject({ status: { phase: 'Released' } });
    expect(metaOf(only()).deletionTimestamp).toBeUndefined();
    world.delete(persistentVolumes, only());
    world.settle();
    expect(volumes()).toEqual([]);
  });

  test('a bound volume that somebody deletes outlives its claim', () => {
    make();
    world.delete(persistentVolumes, only());
    world.settle();
    expect(only().status?.phase).toBe('Bound');
    release();
    expect(only().status?.phase).toBe('Released');
  });
});
