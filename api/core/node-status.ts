import {
  boolean,
  described,
  int32,
  int64,
  list,
  optional,
  quantityMap,
  type Static,
  string,
  struct,
  time,
} from '../meta/schema.ts';
import { conditionFields, conditionList } from './conditions.ts';

const ConfigMapNodeConfigSourceSchema = struct(
  'io.k8s.api.core.v1.ConfigMapNodeConfigSource',
  'A ConfigMap with settings of an agent; no longer used.',
  {
    kubeletConfigKey: string('Key that holds the settings.'),
    name: string('Name of the ConfigMap.'),
    namespace: string('Namespace of the ConfigMap.'),
    resourceVersion: optional(string('Version of the ConfigMap.')),
    uid: optional(string('UID of the ConfigMap.')),
  },
);

export const NodeConfigSourceSchema = struct(
  'io.k8s.api.core.v1.NodeConfigSource',
  'Where an agent takes its settings from; no longer used.',
  { configMap: optional(ConfigMapNodeConfigSourceSchema) },
);

export const NodeConditionSchema = struct(
  'io.k8s.api.core.v1.NodeCondition',
  'Something that is or is not true of a node.',
  { ...conditionFields, lastHeartbeatTime: optional(time('When the node last said so.')) },
);
export type NodeCondition = Static<typeof NodeConditionSchema>;

export const NodeAddressSchema = struct('io.k8s.api.core.v1.NodeAddress', 'An address of a node.', {
  address: string('The address.'),
  type: string('Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.'),
});

export const NodeSystemInfoSchema = struct('io.k8s.api.core.v1.NodeSystemInfo', 'Identity and versions of a machine.', {
  architecture: string('Processor architecture: amd64, arm64.'),
  bootID: string('Changes with every boot.'),
  containerRuntimeVersion: string('Container runtime and its version: `docker://27.1.0`.'),
  kernelVersion: string('Version of the kernel.'),
  kubeProxyVersion: string('No longer used.'),
  kubeletVersion: string('Version of the agent.'),
  machineID: string('Id from /etc/machine-id.'),
  operatingSystem: string('linux or windows.'),
  osImage: string('Name of the distribution.'),
  swap: optional(
    struct('io.k8s.api.core.v1.NodeSwapStatus', 'Swap space of a machine.', {
      capacity: optional(int64('Size in bytes.')),
    }),
  ),
  systemUUID: string('UUID the firmware reports.'),
});
export type NodeSystemInfo = Static<typeof NodeSystemInfoSchema>;

const NodeConfigStatusSchema = struct(
  'io.k8s.api.core.v1.NodeConfigStatus',
  'Which settings an agent uses; no longer used.',
  {
    active: optional(described(NodeConfigSourceSchema, 'Settings in use.')),
    assigned: optional(described(NodeConfigSourceSchema, 'Settings it will try.')),
    error: optional(string('What is wrong with them.')),
    lastKnownGood: optional(described(NodeConfigSourceSchema, 'Settings it falls back to.')),
  },
);

const NodeRuntimeHandlerSchema = struct('io.k8s.api.core.v1.NodeRuntimeHandler', 'A way to run containers.', {
  features: optional(
    struct('io.k8s.api.core.v1.NodeRuntimeHandlerFeatures', 'What a runtime handler can do.', {
      recursiveReadOnlyMounts: optional(boolean('Whether mounts can be read-only all the way down.')),
      userNamespaces: optional(boolean('Whether pods can have user namespaces.')),
    }),
  ),
  name: optional(string('Name of the handler; empty for the default one.')),
});

const NodeDaemonEndpointsSchema = struct('io.k8s.api.core.v1.NodeDaemonEndpoints', 'Ports of the agent.', {
  kubeletEndpoint: optional(
    struct('io.k8s.api.core.v1.DaemonEndpoint', 'A port of the agent.', { Port: int32('Number of the port.') }),
  ),
});

export const NodeStatusSchema = struct('io.k8s.api.core.v1.NodeStatus', 'What a node reports of itself.', {
  addresses: optional(
    list(NodeAddressSchema, 'Addresses of the node.', { type: 'map', keys: ['type'], mergeKey: 'type' }),
  ),
  allocatable: optional(quantityMap('What pods may use; default capacity.')),
  capacity: optional(quantityMap('What the machine has.')),
  conditions: optional(conditionList(NodeConditionSchema)),
  config: optional(NodeConfigStatusSchema),
  daemonEndpoints: optional(NodeDaemonEndpointsSchema),
  declaredFeatures: optional(list(string('A feature.'), 'Features of the agent that pods may rely on.')),
  features: optional(
    struct('io.k8s.api.core.v1.NodeFeatures', 'What the container runtime can do.', {
      supplementalGroupsPolicy: optional(boolean('Whether supplementalGroupsPolicy is obeyed.')),
    }),
  ),
  images: optional(
    list(
      struct('io.k8s.api.core.v1.ContainerImage', 'An image on the machine.', {
        names: optional(list(string('A name.'), 'Names of the image.')),
        sizeBytes: optional(int64('Size in bytes.')),
      }),
      'Images on the machine.',
    ),
  ),
  nodeInfo: optional(NodeSystemInfoSchema),
  phase: optional(string('No longer used.')),
  runtimeHandlers: optional(list(NodeRuntimeHandlerSchema, 'Ways to run containers.')),
  volumesAttached: optional(
    list(
      struct('io.k8s.api.core.v1.AttachedVolume', 'A volume attached to the machine.', {
        devicePath: string('Path of its device.'),
        name: string('Name of the volume.'),
      }),
      'Volumes attached to the machine.',
    ),
  ),
  volumesInUse: optional(list(string('A volume.'), 'Attached volumes that are in use.')),
});
export type NodeStatus = Static<typeof NodeStatusSchema>;
