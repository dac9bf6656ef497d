import { ageColumn, nameColumn } from '../core/columns.ts';
import type { Column } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { int32, optional, type Static, string, struct } from '../meta/schema.ts';

/** The `scale` subresource of kinds that have replicas. */
export const ScaleSchema = struct('io.k8s.api.autoscaling.v1.Scale', 'How many replicas there should be, and are.', {
  ...typeMeta,
  metadata,
  spec: optional(
    struct('io.k8s.api.autoscaling.v1.ScaleSpec', 'How many replicas there should be.', {
      replicas: optional(int32('Desired number of replicas.')),
    }),
  ),
  status: optional(
    struct('io.k8s.api.autoscaling.v1.ScaleStatus', 'How many replicas there are.', {
      replicas: int32('Observed number of replicas.'),
      selector: optional(string('Label selector of the replicas, in text form.')),
    }),
  ),
});
export type Scale = Static<typeof ScaleSchema>;

/** As `kubectl get deployment web --subresource=scale` shows it. */
export const scaleColumns: readonly Column<Scale>[] = [
  nameColumn,
  {
    name: 'Desired',
    type: 'integer',
    description: 'How many replicas there should be.',
    value: ({ spec }) => spec?.replicas ?? 0,
  },
  {
    name: 'Available',
    type: 'integer',
    description: 'How many replicas there are.',
    value: ({ status }) => status?.replicas ?? 0,
  },
  ageColumn,
];
