import { defineResource } from '../meta/definition.ts';
import { type Static, struct } from '../meta/schema.ts';
import { measurement, usage, usageColumns } from './usage.ts';

export const NodeMetricsSchema = struct(
  'io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics',
  'What a node uses right now.',
  { ...measurement, usage },
);
export type NodeMetrics = Static<typeof NodeMetricsSchema>;

export const nodeMetrics = defineResource<NodeMetrics>({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  plural: 'nodes',
  singular: '',
  shortNames: [],
  categories: [],
  namespaced: false,
  verbs: ['get', 'list'],
  stored: false,
  schema: NodeMetricsSchema,
  hasStatus: false,
  columns: usageColumns<NodeMetrics>((measured) => measured.usage ?? {}),
  setDefaults() {},
  validate: () => [],
});
