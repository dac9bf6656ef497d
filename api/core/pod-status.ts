import {
  described,
  int64,
  list,
  oneOf,
  optional,
  quantityMap,
  type Static,
  string,
  struct,
  time,
} from '../meta/schema.ts';
import { conditionFields, conditionList } from './conditions.ts';
import { ContainerStatusSchema } from './container-status.ts';
import { ResourceRequirementsSchema } from './resource-requirements.ts';

export const PodConditionSchema = struct(
  'io.k8s.api.core.v1.PodCondition',
  'Something that is or is not true of a pod.',
  {
    ...conditionFields,
    lastProbeTime: optional(time('When it was last looked at.')),
    observedGeneration: optional(int64('Generation of the pod it speaks of.')),
  },
);
export type PodCondition = Static<typeof PodConditionSchema>;

const PodExtendedResourceClaimStatusSchema = struct(
  'io.k8s.api.core.v1.PodExtendedResourceClaimStatus',
  'The claim made for extended resources of the pod.',
  {
    requestMappings: list(
      struct('io.k8s.api.core.v1.ContainerExtendedResourceRequest', 'Which request serves which container.', {
        containerName: string('Name of the container.'),
        requestName: string('Name of the request in the claim.'),
        resourceName: string('Name of the extended resource.'),
      }),
      'Which request serves which container.',
    ),
    resourceClaimName: string('Name of the claim.'),
  },
);

const NodeAllocatableResourceClaimStatusSchema = struct(
  'io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus',
  'Resources of the node that a claim takes.',
  {
    containers: optional(list(string('A container.'), 'Containers that use the claim.', { type: 'set' })),
    resourceClaimName: string('Name of the claim.'),
    resources: quantityMap('What it takes.'),
  },
);

const PodResourceClaimStatusSchema = struct(
  'io.k8s.api.core.v1.PodResourceClaimStatus',
  'The claim made for an entry of spec.resourceClaims.',
  {
    name: string('Name of the entry.'),
    resourceClaimName: optional(string('Name of the claim.')),
  },
);

const address = (name: string, description: string) => struct(name, description, { ip: string('The address.') });

export const PodStatusSchema = struct('io.k8s.api.core.v1.PodStatus', 'What a pod is doing.', {
  allocatedResources: optional(quantityMap('Requests the agent has granted to the pod.')),
  conditions: optional(conditionList(PodConditionSchema)),
  containerStatuses: optional(list(ContainerStatusSchema, 'One entry per container.')),
  ephemeralContainerStatuses: optional(list(ContainerStatusSchema, 'One entry per ephemeral container.')),
  extendedResourceClaimStatus: optional(PodExtendedResourceClaimStatusSchema),
  hostIP: optional(string('Address of the machine.')),
  hostIPs: optional(
    list(address('io.k8s.api.core.v1.HostIP', 'An address of the machine.'), 'Addresses of the machine.', {
      mergeKey: 'ip',
    }),
  ),
  initContainerStatuses: optional(list(ContainerStatusSchema, 'One entry per init container.')),
  message: optional(string('Why the pod is as it is, for people.')),
  nodeAllocatableResourceClaimStatuses: optional(
    list(NodeAllocatableResourceClaimStatusSchema, 'Resources of the node that claims take.'),
  ),
  nominatedNodeName: optional(string('Node on which room is being made for the pod.')),
  observedGeneration: optional(int64('Generation of the pod that the agent acted on.')),
  phase: optional(oneOf('Where in its life the pod is.', ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'])),
  podIP: optional(string('Address of the pod.')),
  podIPs: optional(
    list(address('io.k8s.api.core.v1.PodIP', 'An address of the pod.'), 'Addresses of the pod.', {
      type: 'map',
      keys: ['ip'],
      mergeKey: 'ip',
    }),
  ),
  qosClass: optional(oneOf('Class by requests and limits.', ['Guaranteed', 'Burstable', 'BestEffort'])),
  reason: optional(string('Why the pod is as it is, in one word, such as Evicted.')),
  resize: optional(string('State of a change of resources; replaced by conditions.')),
  resourceClaimStatuses: optional(
    list(PodResourceClaimStatusSchema, 'Claims made for the pod.', {
      type: 'map',
      keys: ['name'],
      mergeKey: 'name',
      patchStrategy: 'merge,retainKeys',
    }),
  ),
  resources: optional(described(ResourceRequirementsSchema, 'Requests and limits of the pod in force.')),
  startTime: optional(time('When the agent took up the pod.')),
});
export type PodStatus = Static<typeof PodStatusSchema>;
export type PodPhase = NonNullable<PodStatus['phase']>;
