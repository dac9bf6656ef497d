import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { described, list, oneOf, optional, quantityMap, type Static, string, struct, time } from '../meta/schema.ts';
import { NodeSelectorSchema } from './affinity.ts';
import { VOLUME_MODES } from './persistent-volume-access.ts';
import { persistentVolumeColumns } from './persistent-volume-columns.ts';
import { persistentVolumeSources } from './persistent-volume-source.ts';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from './persistent-volume-validation.ts';
import { ObjectReferenceSchema } from './references.ts';
import { setNetworkDefaults } from './volume-defaults.ts';

/** Storage of the cell, to be claimed ("Persistent Volumes"). */

export const VOLUME_PHASES = ['Pending', 'Available', 'Bound', 'Released', 'Failed'] as const;

/** Unlike other references to objects, its fields may be owned one by one. */
const ClaimReferenceSchema = {
  ...described(
    ObjectReferenceSchema,
    'Claim it is bound to, or kept for; a claim of that name binds to no other volume.',
  ),
  'x-kubernetes-map-type': 'granular',
};

export const PersistentVolumeSpecSchema = struct('io.k8s.api.core.v1.PersistentVolumeSpec', 'What a volume is.', {
  ...persistentVolumeSources,
  accessModes: optional(list(string('An access mode.'), 'Ways in which it may be mounted.')),
  capacity: optional(quantityMap('How much it holds (`storage`).')),
  claimRef: optional(ClaimReferenceSchema),
  mountOptions: optional(list(string('An option.'), 'Options it is mounted with; not checked.')),
  nodeAffinity: optional(
    struct('io.k8s.api.core.v1.VolumeNodeAffinity', 'Machines from which the volume can be reached.', {
      required: optional(described(NodeSelectorSchema, 'Nodes that may run pods with the volume.')),
    }),
  ),
  persistentVolumeReclaimPolicy: optional(
    oneOf('What becomes of it once its claim is gone; default Retain.', ['Delete', 'Recycle', 'Retain']),
  ),
  storageClassName: optional(string('Storage class it belongs to; empty for none.')),
  volumeAttributesClassName: optional(string('Attributes class it has; empty for none.')),
  volumeMode: optional(oneOf('Whether it is given to pods as files (Filesystem, default) or as a disk.', VOLUME_MODES)),
});
export type PersistentVolumeSpec = Static<typeof PersistentVolumeSpecSchema>;

export const PersistentVolumeSchema = struct('io.k8s.api.core.v1.PersistentVolume', 'A piece of storage of the cell.', {
  ...typeMeta,
  metadata,
  spec: optional(PersistentVolumeSpecSchema),
  status: optional(
    struct('io.k8s.api.core.v1.PersistentVolumeStatus', 'Whether a volume is in use.', {
      lastPhaseTransitionTime: optional(time('When the phase last changed.')),
      message: optional(string('Why it is in its phase, for people.')),
      phase: optional(oneOf('Pending, Available, Bound, Released or Failed.', VOLUME_PHASES)),
      reason: optional(string('Why, in one CamelCase word.')),
    }),
  ),
});
export type PersistentVolume = Static<typeof PersistentVolumeSchema>;

export const persistentVolumes = defineResource<PersistentVolume>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  categories: [],
  namespaced: false,
  schema: PersistentVolumeSchema,
  hasStatus: true,
  showsDeleted: true,
  columns: persistentVolumeColumns,
  setDefaults(volume) {
    volume.status ??= {};
    volume.status.phase ??= 'Pending';
    const { spec } = volume;
    if (!spec) return;
    spec.persistentVolumeReclaimPolicy ??= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath) spec.hostPath.type ??= '';
    setNetworkDefaults(spec);
  },
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
});
