import { faultOf, requiredText } from '../core/checks.ts';
import { nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { quantityValue } from '../meta/quantity.ts';
import { described, optional, quantity, type Static, string, struct } from '../meta/schema.ts';
import { LabelSelectorSchema } from '../meta/selector.ts';
import { invalidValue, nameFault, validateLabelSelector } from '../meta/validation.ts';

/**
 * How much a storage driver has left for volumes of one class on some nodes ("CSIStorageCapacity" of the API reference). Written by the
 * driver, read by schedulers that choose nodes for claims without volumes; ours does not.
 */
export const CSIStorageCapacitySchema = struct(
  'io.k8s.api.storage.v1.CSIStorageCapacity',
  'How much storage of one class there is for some nodes.',
  {
    ...typeMeta,
    metadata,
    capacity: optional(quantity('Bytes that are left; absent when that is not known.')),
    maximumVolumeSize: optional(quantity('Bytes that one volume can have; absent when that is not known.')),
    nodeTopology: optional(described(LabelSelectorSchema, 'Nodes that reach it; absent for none, empty for all.')),
    storageClassName: string('Class of the volumes; cannot be changed.'),
  },
);
export type CSIStorageCapacity = Static<typeof CSIStorageCapacitySchema>;

const negative = (path: string, amount: string | undefined): FieldError[] =>
  amount !== undefined && quantityValue(amount) < 0
    ? [invalidValue(path, amount, 'must be greater than or equal to 0')]
    : [];

const validateCSIStorageCapacity = (object: CSIStorageCapacity): FieldError[] => [
  ...validateLabelSelector(object.nodeTopology, 'nodeTopology'),
  ...requiredText('storageClassName', object.storageClassName),
  ...(object.storageClassName
    ? faultOf('storageClassName', object.storageClassName, nameFault('subdomain', object.storageClassName))
    : []),
  ...negative('capacity', object.capacity),
  ...negative('maximumVolumeSize', object.maximumVolumeSize),
];

export const csiStorageCapacities = defineResource<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  shortNames: [],
  categories: [],
  namespaced: true,
  schema: CSIStorageCapacitySchema,
  hasStatus: false,
  columns: [
    nameColumn,
    {
      name: 'StorageClassName',
      type: 'string',
      description: 'Class of the volumes.',
      value: ({ storageClassName }) => storageClassName ?? '',
    },
    { name: 'Capacity', type: 'string', description: 'What is left.', value: ({ capacity }) => capacity ?? '<unset>' },
  ],
  setDefaults() {},
  validate: validateCSIStorageCapacity,
  validateUpdate: (next, previous) =>
    (['nodeTopology', 'storageClassName'] as const)
      .filter((field) => !equalJson(next[field], previous[field]))
      .map((field) => invalidValue(field, next[field], 'field is immutable')),
});
