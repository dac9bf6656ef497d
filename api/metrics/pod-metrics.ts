import { defineResource } from '../meta/definition.ts';
import { addQuantities } from '../meta/quantity.ts';
import { list, type Static, struct } from '../meta/schema.ts';
import { ContainerMetricsSchema, measurement, usageColumns } from './usage.ts';

export const PodMetricsSchema = struct(
  'io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics',
  'What the containers of a pod use right now.',
  { containers: list(ContainerMetricsSchema, 'What each of its containers uses.'), ...measurement },
);
export type PodMetrics = Static<typeof PodMetricsSchema>;

/** What the containers use together. */
function podUsage({ containers = [] }: PodMetrics): Record<string, string> {
  const sum = new Map<string, string>();
  for (const { usage } of containers)
    for (const [name, amount] of Object.entries(usage ?? {})) {
      const before = sum.get(name);
      sum.set(name, before === undefined ? amount : addQuantities(before, amount));
    }
  return Object.fromEntries(sum);
}

export const podMetrics = defineResource<PodMetrics>({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  plural: 'pods',
  singular: '',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: ['get', 'list'],
  stored: false,
  schema: PodMetricsSchema,
  hasStatus: false,
  columns: usageColumns<PodMetrics>(podUsage),
  setDefaults() {},
  validate: () => [],
});
