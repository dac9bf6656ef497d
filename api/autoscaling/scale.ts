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
