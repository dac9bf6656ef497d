import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { list, oneOf, optional, quantityMap, type Static, string, stringMap, struct, time } from '../meta/schema.ts';
import { conditionFields, conditionList } from './conditions.ts';
import {
  prepareClaim,
  validatePersistentVolumeClaim,
  validatePersistentVolumeClaimUpdate,
} from './persistent-volume-claim-validation.ts';
import { persistentVolumeClaimColumns } from './persistent-volume-columns.ts';
import { rowOf, unusedWarnings } from './unused-fields.ts';
import { PersistentVolumeClaimSpecSchema } from './volume-claim.ts';

/** What a pod's owner asks for in storage ("Persistent Volumes"). */

export const CLAIM_PHASES = ['Pending', 'Bound', 'Lost'] as const;

const conditions = conditionList(
  struct('io.k8s.api.core.v1.PersistentVolumeClaimCondition', 'Something that is or is not true of a claim.', {
    ...conditionFields,
    lastProbeTime: optional(time('When it was last looked at.')),
  }),
);

export const PersistentVolumeClaimSchema = struct('io.k8s.api.core.v1.PersistentVolumeClaim', 'A wish for storage.', {
  ...typeMeta,
  metadata,
  spec: optional(PersistentVolumeClaimSpecSchema),
  status: optional(
    struct('io.k8s.api.core.v1.PersistentVolumeClaimStatus', 'What a claim has got.', {
      accessModes: optional(list(string('An access mode.'), 'Ways in which its volume may be mounted.')),
      allocatedResourceStatuses: optional({
        ...stringMap('How far the resizing of each resource is.'),
        'x-kubernetes-map-type': 'granular',
      }),
      allocatedResources: optional(quantityMap('What is set aside for it, while it is resized.')),
      capacity: optional(quantityMap('How much its volume holds.')),
      conditions: optional(conditions),
      currentVolumeAttributesClassName: optional(string('Attributes class its volume has.')),
      modifyVolumeStatus: optional(
        struct('io.k8s.api.core.v1.ModifyVolumeStatus', 'A change of the attributes class under way.', {
          status: string('Pending, InProgress or Infeasible.'),
          targetVolumeAttributesClassName: optional(string('Attributes class it is to have.')),
        }),
      ),
      phase: optional(oneOf('Pending, Bound or Lost.', CLAIM_PHASES)),
    }),
  ),
});
export type PersistentVolumeClaim = Static<typeof PersistentVolumeClaimSchema>;

/** Nothing fills volumes yet. The two fields say the same: one sentence will do. */
const UNUSED = [rowOf({ path: 'dataSourceRef' })];

export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  categories: [],
  namespaced: true,
  schema: PersistentVolumeClaimSchema,
  hasStatus: true,
  showsDeleted: true,
  columns: persistentVolumeClaimColumns,
  setDefaults(claim) {
    claim.status ??= {};
    claim.status.phase ??= 'Pending';
    if (claim.spec) claim.spec.volumeMode ||= 'Filesystem';
  },
  prepareForCreate: prepareClaim,
  validate: validatePersistentVolumeClaim,
  validateUpdate: validatePersistentVolumeClaimUpdate,
  warnings: ({ spec }) => unusedWarnings(spec, 'spec', UNUSED),
});
