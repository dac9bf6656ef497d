import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import {
  atomicMap,
  boolean,
  described,
  int32,
  int64,
  intOrString,
  keyDefault,
  list,
  oneOf,
  optional,
  type Static,
  string,
  stringMap,
  struct,
  time,
} from '../meta/schema.ts';
import { conditionList, conditionStatus } from './conditions.ts';
import { serviceColumns } from './service-columns.ts';
import { setServiceDefaults } from './service-defaults.ts';
import { carryOverServiceFields } from './service-update.ts';
import { validateService, validateServiceUpdate } from './service-validation.ts';

/** An address for a set of pods ("Service"). Fields in the order of the API reference. */

export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
const TRAFFIC_POLICIES = ['Cluster', 'Local'] as const;

export const ServicePortSchema = struct('io.k8s.api.core.v1.ServicePort', 'A port of the service.', {
  appProtocol: optional(string('Application protocol spoken on the port, such as kubernetes.io/h2c.')),
  name: optional(string('Name of the port; needed where there are several.')),
  nodePort: optional(int32('Port of every machine that leads here, for types NodePort and LoadBalancer.')),
  port: int32('Number of the port, 1 to 65535.'),
  protocol: optional(keyDefault(oneOf('TCP (default), UDP or SCTP.', PROTOCOLS), 'TCP')),
  targetPort: optional(intOrString('Number or name of the port of the pods; default the same as port.')),
});
export type ServicePort = Static<typeof ServicePortSchema>;

const SessionAffinityConfigSchema = struct(
  'io.k8s.api.core.v1.SessionAffinityConfig',
  'How a client is kept at one pod.',
  {
    clientIP: optional(
      struct('io.k8s.api.core.v1.ClientIPConfig', 'Affinity by the address of the client.', {
        timeoutSeconds: optional(int32('Seconds for which it holds, 1 to 86400; default 10800.')),
      }),
    ),
  },
);

export const ServiceSpecSchema = struct('io.k8s.api.core.v1.ServiceSpec', 'What a service should be.', {
  allocateLoadBalancerNodePorts: optional(
    boolean('Whether a LoadBalancer service gets ports of the machines; default true.'),
  ),
  clusterIP: optional(string('Address of the service within the cell; None for a headless one. Kept once set.')),
  clusterIPs: optional(list(string('An address.'), 'Addresses, one per family; the first equals clusterIP.')),
  externalIPs: optional(list(string('An address.'), 'Further addresses, led to the machines by other means.')),
  externalName: optional(string('Name the service stands for, for type ExternalName.')),
  externalTrafficPolicy: optional(
    oneOf('Whether traffic from outside may be sent on to other machines (Cluster, default) or not.', TRAFFIC_POLICIES),
  ),
  healthCheckNodePort: optional(int32('Port that tells load balancers which machines have pods.')),
  internalTrafficPolicy: optional(
    oneOf('Whether traffic from inside may go to other machines (Cluster, default) or not.', TRAFFIC_POLICIES),
  ),
  ipFamilies: optional(list(oneOf('IPv4 or IPv6.', ['IPv4', 'IPv6']), 'Families of the addresses; default IPv4.')),
  ipFamilyPolicy: optional(
    oneOf('How many families it has; default SingleStack.', ['SingleStack', 'PreferDualStack', 'RequireDualStack']),
  ),
  loadBalancerClass: optional(string('Which load balancer is to serve it. Kept once set.')),
  loadBalancerIP: optional(string('Address wished from the load balancer; old, load balancers differ in it.')),
  loadBalancerSourceRanges: optional(list(string('A range.'), 'Clients the load balancer lets in; default all.')),
  ports: optional(
    list(ServicePortSchema, 'Ports of the service.', {
      type: 'map',
      keys: ['port', 'protocol'],
      mergeKey: 'port',
    }),
  ),
  publishNotReadyAddresses: optional(boolean('Whether pods that are not ready count too; default false.')),
  selector: optional(atomicMap(stringMap('Labels of the pods it leads to; none: the endpoints are made by others.'))),
  sessionAffinity: optional(oneOf('Whether a client stays with one pod; default None.', ['ClientIP', 'None'])),
  sessionAffinityConfig: optional(SessionAffinityConfigSchema),
  trafficDistribution: optional(
    oneOf('Which pods are preferred.', ['PreferClose', 'PreferSameZone', 'PreferSameNode']),
  ),
  type: optional(
    oneOf('How it is reached; default ClusterIP.', ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']),
  ),
});
export type ServiceSpec = Static<typeof ServiceSpecSchema>;

const PortStatusSchema = struct('io.k8s.api.core.v1.PortStatus', 'What became of one port.', {
  error: optional(string('What went wrong, in one CamelCase word.')),
  port: int32('Number of the port.'),
  protocol: oneOf('TCP, UDP or SCTP.', PROTOCOLS),
});

const LoadBalancerStatusSchema = struct('io.k8s.api.core.v1.LoadBalancerStatus', 'Where the load balancer listens.', {
  ingress: optional(
    list(
      struct('io.k8s.api.core.v1.LoadBalancerIngress', 'A place where it listens.', {
        hostname: optional(string('Name of the load balancer.')),
        ip: optional(string('Address of the load balancer.')),
        ipMode: optional(oneOf('Whether packets keep that address (VIP, default) or not.', ['VIP', 'Proxy'])),
        ports: optional(list(PortStatusSchema, 'What became of each port.')),
      }),
      'Places where it listens.',
    ),
  ),
});

/** The condition shared by newer kinds; unlike older ones it must give a time and a reason. */
export const ConditionSchema = struct(
  'io.k8s.apimachinery.pkg.apis.meta.v1.Condition',
  'Something that is or is not true of an object.',
  {
    lastTransitionTime: time('When the status last changed.'),
    message: string('Why, for people.'),
    observedGeneration: optional(int64('Generation the condition speaks of.')),
    reason: string('Why, in one CamelCase word.'),
    status: conditionStatus,
    type: string('What the condition is about.'),
  },
);

export const ServiceSchema = struct('io.k8s.api.core.v1.Service', 'One address for a set of pods.', {
  ...typeMeta,
  metadata,
  spec: optional(ServiceSpecSchema),
  status: optional(
    struct('io.k8s.api.core.v1.ServiceStatus', 'What became of a service.', {
      conditions: optional(conditionList(ConditionSchema)),
      loadBalancer: optional(described(LoadBalancerStatusSchema, 'Where the load balancer listens, if there is one.')),
    }),
  ),
});
export type Service = Static<typeof ServiceSchema>;

const NOT_ROUTED =
  'Services are kept, but this cell does not route traffic to them, as it has no --network of its own: reach the pods at their own addresses';

export const services = defineResource<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  nameRule: 'dns-1035-label',
  schema: ServiceSchema,
  hasStatus: true,
  showsDeleted: true,
  subresources: { proxy: ['create', 'delete', 'get', 'patch', 'update'] },
  columns: serviceColumns,
  selectableFields: {
    'spec.clusterIP': (service) => service.spec?.clusterIP ?? '',
    'spec.type': (service) => service.spec?.type ?? '',
  },
  setDefaults: setServiceDefaults,
  prepareForUpdate: carryOverServiceFields,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  // Where traffic is routed, a service has been given an address by the time it is stored. The others have names alone.
  warnings: ({ spec = {} }) => (spec.clusterIP || spec.type === 'ExternalName' ? [] : [NOT_ROUTED]),
});
