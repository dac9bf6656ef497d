import { ObjectMetaSchema } from '../meta/object.ts';
import { described, list, optional, quantityMap, string, struct } from '../meta/schema.ts';
import { LabelSelectorSchema } from '../meta/selector.ts';
import { TypedLocalObjectReferenceSchema, TypedObjectReferenceSchema } from './references.ts';

/** Claims on persistent volumes, as far as a pod speaks of them. */

export const VolumeResourceRequirementsSchema = struct(
  'io.k8s.api.core.v1.VolumeResourceRequirements',
  'How much storage a claim asks for.',
  {
    limits: optional(quantityMap('Most it may get.')),
    requests: optional(quantityMap('Least it must get.')),
  },
);

export const PersistentVolumeClaimSpecSchema = struct(
  'io.k8s.api.core.v1.PersistentVolumeClaimSpec',
  'What a claim asks for.',
  {
    accessModes: optional(list(string('An access mode.'), 'Ways in which it must be possible to mount it.')),
    dataSource: optional(described(TypedLocalObjectReferenceSchema, 'What the volume is filled from.')),
    dataSourceRef: optional(described(TypedObjectReferenceSchema, 'What the volume is filled from, of any kind.')),
    resources: optional(VolumeResourceRequirementsSchema),
    selector: optional(described(LabelSelectorSchema, 'Volumes that may be bound.')),
    storageClassName: optional(string('Storage class the claim requires.')),
    volumeAttributesClassName: optional(string('Attributes class the claim requires.')),
    volumeMode: optional(string('Filesystem (default) or Block.')),
    volumeName: optional(string('Volume it is bound to.')),
  },
);

export const PersistentVolumeClaimTemplateSchema = struct(
  'io.k8s.api.core.v1.PersistentVolumeClaimTemplate',
  'A claim made for one pod.',
  {
    metadata: optional(described(ObjectMetaSchema, 'Labels and annotations of the claim.')),
    spec: PersistentVolumeClaimSpecSchema,
  },
);
