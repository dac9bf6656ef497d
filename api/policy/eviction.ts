import { DeleteOptionsSchema } from '../meta/envelopes.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { described, optional, type Static, struct } from '../meta/schema.ts';

/** Body of the `eviction` subresource of pods ("API-initiated Eviction"): a removal that disruption budgets may refuse. */
export const EvictionSchema = struct('io.k8s.api.policy.v1.Eviction', 'The wish that a pod leave its node.', {
  ...typeMeta,
  deleteOptions: optional(described(DeleteOptionsSchema, 'How the pod is deleted, once it may go.')),
  metadata,
});
export type Eviction = Static<typeof EvictionSchema>;
