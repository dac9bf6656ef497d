import fc from 'fast-check';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import { BIND_COMPLETED } from '../../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { Volume } from '../../../api/core/volume.ts';
import type { CSINode } from '../../../api/storage/csi-node.ts';
import { NO_PROVISIONER, type StorageClass } from '../../../api/storage/storage-class.ts';
import { clean, mostly, NAMESPACES, nodeName, seldom, ZONE } from './random-nodes.fixture.ts';

/** Random storage: claims of one namespace, volumes made by people and by a driver. */

export const DRIVER = 'csi.example.com';
const CLAIMS = ['claim-0', 'claim-1', 'claim-2', 'claim-3'] as const;
const VOLUMES = ['volume-0', 'volume-1', 'volume-2', 'volume-3'] as const;

export interface Storage {
  readonly classes: readonly StorageClass[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly volumes: readonly PersistentVolume[];
  readonly csiNodes: readonly CSINode[];
}

const disk = fc.record({ pdName: fc.constantFrom('disk-0', 'disk-1'), readOnly: seldom(fc.constant(true), 2) });
const claimVolume = fc.constantFrom(...CLAIMS).map((claimName) => ({ persistentVolumeClaim: { claimName } }));
const source: fc.Arbitrary<Omit<Volume, 'name'>> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ emptyDir: {} }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { image: { reference: 'registry.example.com/ml/model:2' } },
      { image: { reference: 'app' } },
    ),
  },
  { weight: 1, arbitrary: disk.map((gcePersistentDisk) => ({ gcePersistentDisk })) },
  { weight: 4, arbitrary: claimVolume },
);
export const podVolumes = fc
  .array(source, { minLength: 1, maxLength: 2 })
  .map((sources) => sources.map((one, index) => ({ name: `v${index}`, ...one })));

const classes: readonly StorageClass[] = [
  { metadata: { name: 'local' }, provisioner: NO_PROVISIONER, volumeBindingMode: 'WaitForFirstConsumer' },
  { metadata: { name: 'csi' }, provisioner: DRIVER, volumeBindingMode: 'WaitForFirstConsumer' },
  {
    metadata: { name: 'csi-zonal' },
    provisioner: DRIVER,
    volumeBindingMode: 'WaitForFirstConsumer',
    allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ['a'] }] }],
  },
  { metadata: { name: 'now' }, provisioner: DRIVER, volumeBindingMode: 'Immediate' },
];

const nodeTerm = fc.oneof(
  fc
    .constantFrom('a', 'b')
    .map((zone) => ({ matchExpressions: [{ key: ZONE, operator: 'In' as const, values: [zone] }] })),
  fc
    .nat(3)
    .map((index) => ({ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName(index)] }] })),
);
const reach = seldom(
  nodeTerm.map((term) => ({ required: { nodeSelectorTerms: [term] } })),
  2,
);

/** A volume that anybody may have. */
export const freeVolume: fc.Arbitrary<PersistentVolume> = fc
  .record({
    name: fc.constantFrom(...VOLUMES),
    size: fc.constantFrom('1Gi', '5Gi'),
    nodeAffinity: reach,
    isCsi: fc.boolean(),
  })
  .map(({ name, size, nodeAffinity, isCsi }) =>
    clean({
      metadata: { name },
      spec: {
        storageClassName: isCsi ? 'csi' : 'local',
        capacity: { storage: size } as Record<string, string>,
        accessModes: ['ReadWriteOnce', 'ReadWriteOncePod'],
        nodeAffinity,
        csi: isCsi ? { driver: DRIVER, volumeHandle: name } : undefined,
      },
      status: { phase: 'Available' as const },
    }),
  );

export const freshClaim: fc.Arbitrary<PersistentVolumeClaim> = fc
  .record({
    name: fc.constantFrom(...CLAIMS),
    storageClassName: fc.constantFrom('local', 'local', 'csi', 'csi-zonal', 'now', 'absent'),
    size: fc.constantFrom('1Gi', '3Gi'),
    mode: fc.constantFrom('ReadWriteOnce', 'ReadWriteOnce', 'ReadWriteOncePod'),
  })
  .map(({ name, storageClassName, size, mode }) => ({
    metadata: { name, namespace: NAMESPACES[0], uid: `uid-of-${name}` },
    spec: { storageClassName, accessModes: [mode], resources: { requests: { storage: size } } },
    status: { phase: 'Pending' as const },
  }));

/** The two belong to each other, for good. */
export function bound(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): { claim: PersistentVolumeClaim; volume: PersistentVolume } {
  const { namespace, name, uid } = claim.metadata!;
  const annotations = { ...claim.metadata?.annotations, [BIND_COMPLETED]: 'yes' };
  return {
    claim: {
      ...claim,
      metadata: { ...claim.metadata, annotations },
      spec: { ...claim.spec, volumeName: volume.metadata!.name! },
      status: { phase: 'Bound' },
    },
    volume: { ...volume, spec: { ...volume.spec, claimRef: { namespace, name, uid } }, status: { phase: 'Bound' } },
  };
}

/** A claim that has its volume. */
const boundClaim = fc
  .tuple(freshClaim, freeVolume)
  .map(([claim, volume]) => bound(claim, { ...volume, metadata: { name: `of-${claim.metadata!.name}` } }));

export const csiNode = (nodes: number): fc.Arbitrary<CSINode> =>
  fc.record({ index: fc.nat(nodes - 1), count: mostly(fc.constantFrom(0, 1, 2), 4) }).map(({ index, count }) =>
    clean({
      metadata: { name: nodeName(index) },
      spec: { drivers: [{ name: DRIVER, nodeID: nodeName(index), allocatable: { count } }] },
    }),
  );

const byName = { selector: (object: { metadata?: { name?: string } }) => object.metadata?.name };

export const storage = (nodes: number): fc.Arbitrary<Storage> =>
  fc
    .record({
      claims: fc.uniqueArray(
        fc.oneof(
          freshClaim.map((claim) => ({ claim, volume: undefined })),
          boundClaim,
        ),
        {
          selector: ({ claim }) => claim.metadata?.name,
        },
      ),
      volumes: fc.uniqueArray(freeVolume, byName),
      csiNodes: fc.uniqueArray(csiNode(nodes), byName),
    })
    .map(({ claims, volumes, csiNodes }) => ({
      classes,
      claims: claims.map(({ claim }) => claim),
      volumes: [...volumes, ...claims.flatMap(({ volume }) => volume ?? [])],
      csiNodes,
    }));

export const NO_STORAGE: Storage = { classes: [], claims: [], volumes: [], csiNodes: [] };
