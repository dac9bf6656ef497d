import { defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { boolean, bytesMap, optional, type Static, stringMap, struct } from '../meta/schema.ts';
import { invalidValue } from '../meta/validation.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { base64Bytes, textBytes, validateImmutable, validateKeys, validateSize } from './config-data.ts';

export const ConfigMapSchema = struct('io.k8s.api.core.v1.ConfigMap', 'Settings for pods to read.', {
  ...typeMeta,
  binaryData: optional(bytesMap('Values that are not text, in base64.')),
  data: optional(stringMap('Values that are text.')),
  immutable: optional(boolean('Whether the values can no longer change.')),
  metadata,
});
export type ConfigMap = Static<typeof ConfigMapSchema>;

function validateConfigMap(map: ConfigMap): FieldError[] {
  const twice = Object.keys(map.binaryData ?? {}).filter((key) => Object.hasOwn(map.data ?? {}, key));
  return [
    ...validateKeys(map.data, 'data'),
    ...validateKeys(map.binaryData, 'binaryData'),
    ...twice.map((key) => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')),
    ...validateSize(textBytes(map.data) + base64Bytes(map.binaryData), 'data'),
  ];
}

export const configMaps = defineResource<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  categories: [],
  namespaced: true,
  schema: ConfigMapSchema,
  hasStatus: false,
  columns: [
    nameColumn,
    {
      name: 'Data',
      type: 'string',
      description: 'How many keys it holds.',
      value: (map) => Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length,
    },
    ageColumn,
  ],
  setDefaults() {},
  validate: validateConfigMap,
  validateUpdate: (next, previous) => validateImmutable(next, previous, ['data', 'binaryData']),
});
