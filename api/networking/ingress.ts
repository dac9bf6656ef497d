import { ageColumn, nameColumn } from '../core/columns.ts';
import { TypedLocalObjectReferenceSchema } from '../core/references.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { atomicMap, described, int32, list, oneOf, optional, type Static, string, struct } from '../meta/schema.ts';
import { validateIngress } from './ingress-validation.ts';

/** Ways into the cell by HTTP host and path ("Ingress"). */

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'] as const;
/** Named the class before `spec.ingressClassName` did. */
export const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

const ServiceBackendPortSchema = atomicMap(
  struct('io.k8s.api.networking.v1.ServiceBackendPort', 'A port of a service: its name or its number.', {
    name: optional(string('Name of the port.')),
    number: optional(int32('Number of the port.')),
  }),
);

const IngressBackendSchema = struct('io.k8s.api.networking.v1.IngressBackend', 'Where requests are sent to.', {
  resource: optional(described(TypedLocalObjectReferenceSchema, 'An object other than a service.')),
  service: optional(
    struct('io.k8s.api.networking.v1.IngressServiceBackend', 'A service and its port.', {
      name: string('Name of the service.'),
      port: optional(ServiceBackendPortSchema),
    }),
  ),
});
export type IngressBackend = Static<typeof IngressBackendSchema>;

const HTTPIngressPathSchema = struct('io.k8s.api.networking.v1.HTTPIngressPath', 'Paths that go to one backend.', {
  backend: described(IngressBackendSchema, 'Where requests for the path are sent to.'),
  path: optional(string('The path, from the root; needed for types Exact and Prefix.')),
  pathType: oneOf('How the path is compared: Exact, Prefix (by elements) or ImplementationSpecific.', PATH_TYPES),
});
export type HttpIngressPath = Static<typeof HTTPIngressPathSchema>;

const IngressRuleSchema = struct('io.k8s.api.networking.v1.IngressRule', 'What becomes of requests for one host.', {
  host: optional(string('Name of the host, its first label may be *; default all hosts.')),
  http: optional(
    struct('io.k8s.api.networking.v1.HTTPIngressRuleValue', 'Backends by path.', {
      paths: list(HTTPIngressPathSchema, 'Paths and where each goes.'),
    }),
  ),
});

const IngressTLSSchema = struct('io.k8s.api.networking.v1.IngressTLS', 'Certificate for some hosts.', {
  hosts: optional(list(string('A host.'), 'Hosts of the certificate; default all.')),
  secretName: optional(string('Secret that holds the certificate and its key.')),
});

export const IngressSpecSchema = struct('io.k8s.api.networking.v1.IngressSpec', 'What an ingress lets in.', {
  defaultBackend: optional(described(IngressBackendSchema, 'Where requests are sent to that no rule matches.')),
  ingressClassName: optional(string('Class of the ingress: which controller serves it.')),
  rules: optional(list(IngressRuleSchema, 'What becomes of requests, by host.')),
  tls: optional(list(IngressTLSSchema, 'Certificates, by host.')),
});
export type IngressSpec = Static<typeof IngressSpecSchema>;

const IngressPortStatusSchema = struct('io.k8s.api.networking.v1.IngressPortStatus', 'What became of one port.', {
  error: optional(string('What went wrong, in one CamelCase word.')),
  port: int32('Number of the port.'),
  protocol: string('TCP, UDP or SCTP.'),
});

const IngressStatusSchema = struct('io.k8s.api.networking.v1.IngressStatus', 'Where an ingress can be reached.', {
  loadBalancer: optional(
    struct('io.k8s.api.networking.v1.IngressLoadBalancerStatus', 'Where its load balancer listens.', {
      ingress: optional(
        list(
          struct('io.k8s.api.networking.v1.IngressLoadBalancerIngress', 'A place where it listens.', {
            hostname: optional(string('Name of the load balancer.')),
            ip: optional(string('Address of the load balancer.')),
            ports: optional(list(IngressPortStatusSchema, 'What became of each port.')),
          }),
          'Places where it listens.',
        ),
      ),
    }),
  ),
});

export const IngressSchema = struct('io.k8s.api.networking.v1.Ingress', 'A way into the cell by host and path.', {
  ...typeMeta,
  metadata,
  spec: optional(IngressSpecSchema),
  status: optional(IngressStatusSchema),
});
export type Ingress = Static<typeof IngressSchema>;

const hostsOf = ({ spec }: Ingress): string => {
  const hosts = (spec?.rules ?? []).flatMap(({ host }) => host || []);
  if (hosts.length === 0) return '*';
  return hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',');
};

const addressesOf = ({ status }: Ingress): string => {
  const places = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []);
  return [...new Set(places)].sort().join(',');
};

const classOf = ({ spec, metadata }: Ingress): string =>
  spec?.ingressClassName || metadata?.annotations?.[CLASS_ANNOTATION] || '<none>';

export const ingresses = defineResource<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  categories: [],
  namespaced: true,
  schema: IngressSchema,
  hasStatus: true,
  columns: [
    nameColumn,
    { name: 'Class', type: 'string', description: 'Which controller serves it.', value: classOf },
    { name: 'Hosts', type: 'string', description: 'Hosts it takes requests for.', value: hostsOf },
    { name: 'Address', type: 'string', description: 'Where it can be reached.', value: addressesOf },
    {
      name: 'Ports',
      type: 'string',
      description: 'Ports it listens on.',
      value: ({ spec }) => (spec?.tls?.length ? '80, 443' : '80'),
    },
    ageColumn,
  ],
  setDefaults() {},
  validate: validateIngress,
  warnings: () => [
    'Ingresses of class stowage are served by nodes that run with --ingress; those of other classes by who serves these',
  ],
});
