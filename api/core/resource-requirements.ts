import { list, optional, quantityMap, type Static, string, struct } from '../meta/schema.ts';

export { amountOf } from './amount.ts';

export const ResourceClaimSchema = struct('io.k8s.api.core.v1.ResourceClaim', 'Names a claim of the pod.', {
  name: string('Name of an entry of spec.resourceClaims.'),
  request: optional(string('One request of the claim; default all.')),
});

export const ResourceRequirementsSchema = struct(
  'io.k8s.api.core.v1.ResourceRequirements',
  'What a container is promised and what it may not exceed ("Resource Management for Pods and Containers").',
  {
    claims: optional(list(ResourceClaimSchema, 'Claims the container uses.', { type: 'map', keys: ['name'] })),
    limits: optional(quantityMap('Most the container may use of each resource.')),
    requests: optional(quantityMap('What is set aside for the container; default its limits.')),
  },
);
export type ResourceRequirements = Static<typeof ResourceRequirementsSchema>;
