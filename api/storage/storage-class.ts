import { ageColumn, nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { atomicMap, boolean, list, oneOf, optional, type Static, string, stringMap, struct } from '../meta/schema.ts';
import { IS_DEFAULT_CLASS } from './default-class.ts';
import { validateStorageClass, validateStorageClassUpdate } from './storage-class-validation.ts';

export { IS_DEFAULT_CLASS };

/** A kind of storage, by name ("Storage Classes"). */

const IS_DEFAULT_CLASS_BETA = 'storageclass.beta.kubernetes.io/is-default-class';
/** The provisioner of classes whose volumes are made by people. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

const TopologySelectorTermSchema = atomicMap(
  struct('io.k8s.api.core.v1.TopologySelectorTerm', 'Labels of nodes that must all match.', {
    matchLabelExpressions: optional(
      list(
        struct('io.k8s.api.core.v1.TopologySelectorLabelRequirement', 'Values of one label, of which one must match.', {
          key: string('Label of the node.'),
          values: list(string('A value.'), 'Values it may have.'),
        }),
        'Labels that must match.',
      ),
    ),
  }),
);

export const StorageClassSchema = struct(
  'io.k8s.api.storage.v1.StorageClass',
  'A kind of storage that claims ask for.',
  {
    ...typeMeta,
    allowVolumeExpansion: optional(boolean('Whether claims of the class may grow.')),
    allowedTopologies: optional(list(TopologySelectorTermSchema, 'Where volumes may be made; default anywhere.')),
    metadata,
    mountOptions: optional(list(string('An option.'), 'Options its volumes are mounted with; not checked.')),
    parameters: optional(stringMap('Settings for the provisioner.')),
    provisioner: string('Who makes its volumes.'),
    reclaimPolicy: optional(
      oneOf('What becomes of its volumes once their claim is gone; default Delete.', ['Delete', 'Recycle', 'Retain']),
    ),
    volumeBindingMode: optional(
      oneOf('Whether claims are bound at once (default) or when a pod needs them, where the pod will run.', [
        'Immediate',
        'WaitForFirstConsumer',
      ]),
    ),
  },
);
export type StorageClass = Static<typeof StorageClassSchema>;

/** Whether claims that name no class get this one. */
export function isDefaultClass({ metadata }: StorageClass): boolean {
  const { annotations } = metadata ?? {};
  return annotations?.[IS_DEFAULT_CLASS] === 'true' || annotations?.[IS_DEFAULT_CLASS_BETA] === 'true';
}

export const storageClasses = defineResource<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  categories: [],
  namespaced: false,
  schema: StorageClassSchema,
  hasStatus: false,
  showsDeleted: true,
  columns: [
    {
      ...nameColumn,
      value: (found) => `${nameColumn.value(found, 0)}${isDefaultClass(found) ? ' (default)' : ''}`,
    },
    {
      name: 'Provisioner',
      type: 'string',
      description: 'Who makes its volumes.',
      value: ({ provisioner }) => provisioner ?? '',
    },
    {
      name: 'ReclaimPolicy',
      type: 'string',
      description: 'What becomes of its volumes once their claim is gone.',
      value: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete',
    },
    {
      name: 'VolumeBindingMode',
      type: 'string',
      description: 'Whether claims are bound at once or when a pod needs them.',
      value: ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
    },
    {
      name: 'AllowVolumeExpansion',
      type: 'string',
      description: 'Whether claims of the class may grow.',
      value: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    },
    ageColumn,
  ],
  setDefaults(found) {
    found.reclaimPolicy ??= 'Delete';
    found.volumeBindingMode ??= 'Immediate';
  },
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
});
