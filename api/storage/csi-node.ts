import { each, faultOf, nonNegative, repeated } from '../core/checks.ts';
import { ageColumn, nameColumn } from '../core/columns.ts';
import { defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { int32, list, optional, type Static, string, struct } from '../meta/schema.ts';
import { byteLength, duplicate, invalidValue, labelKeyFault, required, tooLong } from '../meta/validation.ts';
import { driverNameFaults } from './csi-driver.ts';

/** Which storage drivers a node has ("CSINode" of the API reference); its name is the node's. */

const LONGEST_NODE_ID_BYTES = 256;

export const CSINodeDriverSchema = struct('io.k8s.api.storage.v1.CSINodeDriver', 'A storage driver on a node.', {
  allocatable: optional(
    struct('io.k8s.api.storage.v1.VolumeNodeResources', 'How many volumes of the driver a node can take.', {
      count: optional(int32('Most volumes at a time; default no limit.')),
    }),
  ),
  name: string('Name of the driver.'),
  nodeID: string('Id of the node, as the driver calls it.'),
  topologyKeys: optional(list(string('A label key.'), 'Labels of the node that say which volumes it reaches.')),
});
type CSINodeDriver = Static<typeof CSINodeDriverSchema>;

export const CSINodeSchema = struct('io.k8s.api.storage.v1.CSINode', 'The storage drivers of a node.', {
  ...typeMeta,
  metadata,
  spec: struct('io.k8s.api.storage.v1.CSINodeSpec', 'The storage drivers of a node.', {
    drivers: list(CSINodeDriverSchema, 'Drivers that run on the node.', {
      type: 'map',
      keys: ['name'],
      mergeKey: 'name',
    }),
  }),
});
export type CSINode = Static<typeof CSINodeSchema>;

function driverFaults({ name, nodeID, topologyKeys = [], allocatable }: CSINodeDriver, path: string): FieldError[] {
  const errors = driverNameFaults(`${path}.name`, name);
  if (!nodeID) errors.push(required(`${path}.nodeID`));
  else if (byteLength(nodeID) > LONGEST_NODE_ID_BYTES) errors.push(tooLong(`${path}.nodeID`, LONGEST_NODE_ID_BYTES));
  return [
    ...errors,
    ...each(topologyKeys, `${path}.topologyKeys`, (key, at) => faultOf(at, key, labelKeyFault(key))),
    ...repeated(topologyKeys, (key) => key).map(([key, index]) => duplicate(`${path}.topologyKeys[${index}]`, key)),
    ...nonNegative(`${path}.allocatable.count`, allocatable?.count),
  ];
}

function validateCSINode({ spec }: CSINode): FieldError[] {
  const drivers = spec?.drivers ?? [];
  return [
    ...each(drivers, 'spec.drivers', driverFaults),
    ...repeated(drivers, ({ name }) => name).map(([{ name }, index]) => duplicate(`spec.drivers[${index}].name`, name)),
  ];
}

/** A driver may come and go, and its room may change; while it is there, it is the same driver. */
function validateCSINodeUpdate(next: CSINode, previous: CSINode): FieldError[] {
  const before = new Map((previous.spec?.drivers ?? []).map((driver) => [driver.name, driver]));
  return each(next.spec?.drivers, 'spec.drivers', (driver, path) => {
    const known = before.get(driver.name);
    return known && !equalJson({ ...driver, allocatable: null }, { ...known, allocatable: null })
      ? [invalidValue(path, driver, 'field is immutable')]
      : [];
  });
}

export const csiNodes = defineResource<CSINode>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  singular: 'csinode',
  shortNames: [],
  categories: [],
  namespaced: false,
  schema: CSINodeSchema,
  hasStatus: false,
  showsDeleted: true,
  columns: [
    nameColumn,
    {
      name: 'Drivers',
      type: 'integer',
      description: 'How many drivers run on the node.',
      value: ({ spec }) => spec?.drivers?.length ?? 0,
    },
    ageColumn,
  ],
  setDefaults() {},
  validate: validateCSINode,
  validateUpdate: validateCSINodeUpdate,
});
