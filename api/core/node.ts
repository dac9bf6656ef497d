import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { boolean, list, optional, type Static, string, struct } from '../meta/schema.ts';
import { nodeColumns } from './node-columns.ts';
import { NodeConfigSourceSchema, NodeStatusSchema } from './node-status.ts';
import { validateNode, validateNodeStatus, validateNodeUpdate } from './node-validation.ts';
import { TaintSchema } from './taints.ts';

export const NodeSpecSchema = struct('io.k8s.api.core.v1.NodeSpec', 'What a node should be.', {
  configSource: optional(NodeConfigSourceSchema),
  externalID: optional(string('No longer used.')),
  podCIDR: optional(string('Range its pods take their addresses from.')),
  podCIDRs: optional(
    list(string('A range.'), 'Ranges its pods take their addresses from; the first is podCIDR.', {
      type: 'set',
      patchStrategy: 'merge',
    }),
  ),
  providerID: optional(string('Id of the machine at its provider.')),
  taints: optional(list(TaintSchema, 'Keep pods that do not tolerate them away.')),
  unschedulable: optional(boolean('Whether no new pods are placed here; default false.')),
});
export type NodeSpec = Static<typeof NodeSpecSchema>;

export const NodeSchema = struct('io.k8s.api.core.v1.Node', 'A machine of the cell.', {
  ...typeMeta,
  metadata,
  spec: optional(NodeSpecSchema),
  status: optional(NodeStatusSchema),
});
export type Node = Static<typeof NodeSchema>;

export const nodes = defineResource<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  categories: [],
  namespaced: false,
  schema: NodeSchema,
  hasStatus: true,
  subresources: { proxy: ['create', 'delete', 'get', 'patch', 'update'] },
  statusOnCreate: true,
  columns: nodeColumns,
  selectableFields: { 'spec.unschedulable': (node) => String(node.spec?.unschedulable ?? false) },
  setDefaults(node) {
    node.spec ??= {};
    node.status ??= {};
    // A node whose agent reserves nothing offers all it has.
    if (node.status.capacity) node.status.allocatable ??= { ...node.status.capacity };
  },
  validate: validateNode,
  validateStatus: validateNodeStatus,
  validateUpdate: validateNodeUpdate,
});
