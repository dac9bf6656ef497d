import type { NodeSelectorTerm } from '../../../api/core/affinity.ts';
import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import { BIND_COMPLETED } from '../../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { Volume } from '../../../api/core/volume.ts';
import type { CSINode } from '../../../api/storage/csi-node.ts';
import type { StorageClass } from '../../../api/storage/storage-class.ts';
import { type VolumeNeeds, volumeNeedsOf } from './volume-needs.ts';

/** Objects for the tests of storage; everything is in the namespace `default`. */

interface ClaimTraits {
  volumeName?: string;
  storageClassName?: string;
  storage?: string;
  mode?: string;
  more?: Partial<PersistentVolumeClaim>;
  annotations?: Record<string, string>;
}

/** Bound when it has a volume. */
export function claim(name: string, traits: ClaimTraits = {}): PersistentVolumeClaim {
  const { volumeName, storageClassName = 'local', storage = '1Gi', mode = 'ReadWriteOnce', more, annotations } = traits;
  const bound: Record<string, string> = volumeName === undefined ? {} : { [BIND_COMPLETED]: 'yes' };
  return {
    spec: { accessModes: [mode], resources: { requests: { storage } }, storageClassName, volumeName },
    status: { phase: volumeName === undefined ? 'Pending' : 'Bound' },
    ...more,
    metadata: { namespace: 'default', name, annotations: { ...bound, ...annotations }, ...more?.metadata },
  };
}

interface VolumeTraits {
  storage?: string;
  storageClassName?: string;
  claimName?: string;
  driver?: string;
  terms?: NodeSelectorTerm[];
  labels?: Record<string, string>;
  mode?: string;
}

/** Available unless it has a claim. */
export function volume(name: string, traits: VolumeTraits = {}): PersistentVolume {
  const {
    storage = '1Gi',
    storageClassName = 'local',
    claimName,
    driver,
    terms,
    labels,
    mode = 'ReadWriteOnce',
  } = traits;
  return {
    metadata: { name, labels },
    spec: {
      accessModes: [mode],
      capacity: { storage },
      storageClassName,
      claimRef: claimName === undefined ? undefined : { namespace: 'default', name: claimName },
      csi: driver === undefined ? undefined : { driver, volumeHandle: name },
      nodeAffinity: terms && { required: { nodeSelectorTerms: terms } },
    },
    status: { phase: claimName === undefined ? 'Available' : 'Bound' },
  };
}

export const on = (...hostnames: string[]): NodeSelectorTerm[] => [
  { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: hostnames }] },
];
export const inZone = (...zones: string[]): NodeSelectorTerm[] => [
  { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: zones }] },
];

export const node = (name: string, labels: Record<string, string> = {}): Node => ({
  metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
});

export const waiting = (name: string, provisioner: string, more: Partial<StorageClass> = {}): StorageClass => ({
  metadata: { name },
  provisioner,
  volumeBindingMode: 'WaitForFirstConsumer',
  ...more,
});
export const localClass = waiting('local', 'kubernetes.io/no-provisioner');

export const csiNode = (name: string, limits: Record<string, number | undefined>): CSINode => ({
  metadata: { name },
  spec: {
    drivers: Object.entries(limits).map(([driver, count]) => ({ name: driver, nodeID: name, allocatable: { count } })),
  },
});

/** Needs of a pod with these volumes; a text is the name of a claim. */
export function needs(...volumes: (string | Partial<Volume>)[]): VolumeNeeds {
  const named = volumes.map((each, i) => ({
    name: `v${i}`,
    ...(typeof each === 'string' ? { persistentVolumeClaim: { claimName: each } } : each),
  }));
  return volumeNeedsOf({ namespace: 'default', spec: { containers: [], volumes: named }, podName: 'p', podUid: 'u' })!;
}
