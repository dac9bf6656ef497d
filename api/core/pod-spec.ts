import {
  atomicMap,
  boolean,
  described,
  int32,
  int64,
  list,
  oneOf,
  optional,
  quantityMap,
  type Static,
  string,
  stringMap,
  struct,
} from '../meta/schema.ts';
import { AffinitySchema, TopologySpreadConstraintSchema } from './affinity.ts';
import { ContainerSchema, EphemeralContainerSchema } from './container.ts';
import { LocalObjectReferenceSchema } from './references.ts';
import { ResourceRequirementsSchema } from './resource-requirements.ts';
import { PodSecurityContextSchema } from './security-context.ts';
import { TolerationSchema } from './taints.ts';
import { VolumeSchema } from './volume.ts';

const byName = { type: 'map' as const, keys: ['name'], mergeKey: 'name' };

const PodDNSConfigSchema = struct('io.k8s.api.core.v1.PodDNSConfig', 'Name resolution settings beyond the policy.', {
  nameservers: optional(list(string('An address.'), 'Name servers to ask.')),
  options: optional(
    list(
      struct('io.k8s.api.core.v1.PodDNSConfigOption', 'One resolver option.', {
        name: optional(string('Name of the option.')),
        value: optional(string('Value of the option.')),
      }),
      'Resolver options.',
    ),
  ),
  searches: optional(list(string('A domain.'), 'Domains tried after a short name.')),
});

const HostAliasSchema = struct('io.k8s.api.core.v1.HostAlias', 'A line of the hosts file of the pod.', {
  hostnames: optional(list(string('A name.'), 'Names of the address.')),
  ip: string('The address.'),
});

const PodResourceClaimSchema = struct('io.k8s.api.core.v1.PodResourceClaim', 'A device claim of the pod.', {
  name: string('Name by which containers refer to it.'),
  resourceClaimName: optional(string('An existing claim.')),
  resourceClaimTemplateName: optional(string('Template from which a claim is made for this pod.')),
});

export const PodSchedulingGateSchema = struct(
  'io.k8s.api.core.v1.PodSchedulingGate',
  'Something that must be removed before the pod is scheduled.',
  { name: string('Name of the gate.') },
);

export const PodSpecSchema = struct('io.k8s.api.core.v1.PodSpec', 'What a pod should be.', {
  activeDeadlineSeconds: optional(int64('Seconds after which the pod is ended and marked failed.')),
  affinity: optional(AffinitySchema),
  automountServiceAccountToken: optional(boolean('Whether a service account token is mounted.')),
  containers: list(ContainerSchema, 'Containers that run side by side; at least one.', byName),
  dnsConfig: optional(PodDNSConfigSchema),
  dnsPolicy: optional(
    oneOf('Whose name servers are used; default ClusterFirst.', [
      'ClusterFirst',
      'ClusterFirstWithHostNet',
      'Default',
      'None',
    ]),
  ),
  enableServiceLinks: optional(boolean('Whether variables describe the services of the namespace; default true.')),
  ephemeralContainers: optional(list(EphemeralContainerSchema, 'Containers added while the pod runs.', byName)),
  hostAliases: optional(
    list(HostAliasSchema, 'Further lines of the hosts file.', { type: 'map', keys: ['ip'], mergeKey: 'ip' }),
  ),
  hostIPC: optional(boolean('Use the IPC namespace of the machine; default false.')),
  hostNetwork: optional(boolean('Use the network of the machine; default false.')),
  hostPID: optional(boolean('Use the process namespace of the machine; default false.')),
  hostUsers: optional(boolean('Use the user namespace of the machine; default true.')),
  hostname: optional(string('Host name; default the name of the pod.')),
  hostnameOverride: optional(string('Host name that wins over hostname and subdomain.')),
  imagePullSecrets: optional(list(LocalObjectReferenceSchema, 'Secrets used to fetch images.', byName)),
  initContainers: optional(list(ContainerSchema, 'Containers run one after another before the others.', byName)),
  nodeName: optional(string('Node the pod is bound to; set by the scheduler.')),
  nodeSelector: optional(atomicMap(stringMap('Labels a node must have.'))),
  os: optional(
    struct('io.k8s.api.core.v1.PodOS', 'Operating system of the containers.', { name: string('linux or windows.') }),
  ),
  overhead: optional(quantityMap('Resources the pod itself takes, beyond its containers.')),
  preemptionPolicy: optional(
    oneOf('Whether it may push out pods of lower priority; default PreemptLowerPriority.', [
      'PreemptLowerPriority',
      'Never',
    ]),
  ),
  priority: optional(int32('Priority; set from priorityClassName.')),
  priorityClassName: optional(string('Name of the PriorityClass.')),
  readinessGates: optional(
    list(
      struct('io.k8s.api.core.v1.PodReadinessGate', 'A condition the pod must have to be ready.', {
        conditionType: string('Type of the condition.'),
      }),
      'Conditions that must be true besides all containers being ready.',
    ),
  ),
  resourceClaims: optional(
    list(PodResourceClaimSchema, 'Device claims of the pod.', { ...byName, patchStrategy: 'merge,retainKeys' }),
  ),
  resources: optional(described(ResourceRequirementsSchema, 'Requests and limits of the pod as a whole.')),
  restartPolicy: optional(
    oneOf('When containers that end are started again; default Always.', ['Always', 'OnFailure', 'Never']),
  ),
  runtimeClassName: optional(string('RuntimeClass that runs the pod.')),
  schedulerName: optional(string('Scheduler that places the pod; default default-scheduler.')),
  schedulingGates: optional(list(PodSchedulingGateSchema, 'While any is left, the pod is not scheduled.', byName)),
  schedulingGroup: optional(
    struct('io.k8s.api.core.v1.PodSchedulingGroup', 'Group the pod is scheduled with.', {
      podGroupName: optional(string('Name of the group.')),
    }),
  ),
  securityContext: optional(PodSecurityContextSchema),
  serviceAccount: optional(string('Old name of serviceAccountName.')),
  serviceAccountName: optional(string('ServiceAccount the pod acts as; default `default`.')),
  setHostnameAsFQDN: optional(boolean('Use the fully qualified name as host name; default false.')),
  shareProcessNamespace: optional(boolean('Let containers see each other’s processes; default false.')),
  subdomain: optional(string('Domain within the cell that the host name belongs to.')),
  terminationGracePeriodSeconds: optional(int64('Seconds given to stop gracefully; default 30.')),
  tolerations: optional(list(TolerationSchema, 'Taints the pod bears.')),
  topologySpreadConstraints: optional(
    list(TopologySpreadConstraintSchema, 'How the pod and its like are spread; all must hold.', {
      type: 'map',
      keys: ['topologyKey', 'whenUnsatisfiable'],
      mergeKey: 'topologyKey',
    }),
  ),
  volumes: optional(
    list(VolumeSchema, 'Volumes its containers may mount.', { ...byName, patchStrategy: 'merge,retainKeys' }),
  ),
});
export type PodSpec = Static<typeof PodSpecSchema>;
