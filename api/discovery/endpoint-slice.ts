import { ageColumn, nameColumn } from '../core/columns.ts';
import { shortened } from '../core/endpoints.ts';
import { ObjectReferenceSchema } from '../core/references.ts';
import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import {
  atomicMap,
  boolean,
  described,
  int32,
  list,
  oneOf,
  optional,
  type Static,
  string,
  stringMap,
  struct,
} from '../meta/schema.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './endpoint-slice-validation.ts';

/** A part of the addresses behind a service ("EndpointSlices"). */

const ADDRESS_TYPES = ['IPv4', 'IPv6', 'FQDN'] as const;
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
/** The service whose addresses a slice holds. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
/** Who keeps a slice up to date. */
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';

const EndpointConditionsSchema = struct('io.k8s.api.discovery.v1.EndpointConditions', 'The state of an endpoint.', {
  ready: optional(boolean('Whether it takes traffic; unknown counts as true.')),
  serving: optional(boolean('Whether it can serve, also while it is ending.')),
  terminating: optional(boolean('Whether it is ending.')),
});

const place = (name: string, what: string) =>
  struct(`io.k8s.api.discovery.v1.${name}`, `A ${what} whose clients should use the endpoint.`, {
    name: string(`Name of the ${what}.`),
  });

const EndpointHintsSchema = struct('io.k8s.api.discovery.v1.EndpointHints', 'Who should use an endpoint.', {
  forNodes: optional(list(place('ForNode', 'node'), 'Nodes that should use it.')),
  forZones: optional(list(place('ForZone', 'zone'), 'Zones that should use it.')),
});

const EndpointSchema = struct('io.k8s.api.discovery.v1.Endpoint', 'One backend of a service.', {
  addresses: list(string('An address.'), 'Addresses of the backend, all alike; clients use the first.', {
    type: 'set',
  }),
  conditions: optional(EndpointConditionsSchema),
  deprecatedTopology: optional(stringMap('Where it is, as former versions said it.')),
  hints: optional(EndpointHintsSchema),
  hostname: optional(string('Name of the host within the domain of the service.')),
  nodeName: optional(string('Node on which it is.')),
  targetRef: optional(described(ObjectReferenceSchema, 'Object, mostly a pod, that has the address.')),
  zone: optional(string('Zone in which it is.')),
});
export type Endpoint = Static<typeof EndpointSchema>;

const EndpointPortSchema = atomicMap(
  struct('io.k8s.api.discovery.v1.EndpointPort', 'A port of every endpoint of the slice.', {
    appProtocol: optional(string('Application protocol spoken on the port.')),
    name: optional(string('Name of the port as the service has it; unique, also when empty.')),
    port: optional(int32('Number of the port; none stands for all.')),
    protocol: optional(oneOf('TCP (default), UDP or SCTP.', PROTOCOLS)),
  }),
);
export type EndpointPort = Static<typeof EndpointPortSchema>;

export const EndpointSliceSchema = struct(
  'io.k8s.api.discovery.v1.EndpointSlice',
  'A part of the addresses behind a service.',
  {
    addressType: oneOf('What kind of addresses it holds; cannot be changed.', ADDRESS_TYPES),
    ...typeMeta,
    endpoints: list(EndpointSchema, 'The backends, at most 1000.'),
    metadata,
    ports: optional(list(EndpointPortSchema, 'Ports of every backend, at most 100.')),
  },
);
export type EndpointSlice = Static<typeof EndpointSliceSchema>;

const portText = ({ port, name }: EndpointPort): string => (port !== undefined ? String(port) : (name ?? '*'));

export const endpointSlices = defineResource<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  shortNames: [],
  categories: [],
  namespaced: true,
  schema: EndpointSliceSchema,
  hasStatus: false,
  columns: [
    nameColumn,
    {
      name: 'AddressType',
      type: 'string',
      description: 'What kind of addresses it holds.',
      value: ({ addressType }) => addressType ?? '',
    },
    {
      name: 'Ports',
      type: 'string',
      description: 'Ports of every backend.',
      value: ({ ports = [] }) => shortened(ports.map(portText), '<unset>'),
    },
    {
      name: 'Endpoints',
      type: 'string',
      description: 'Addresses of the backends.',
      value: ({ endpoints = [] }) =>
        shortened(
          endpoints.flatMap(({ addresses }) => addresses ?? []),
          '<unset>',
        ),
    },
    ageColumn,
  ],
  setDefaults({ ports = [] }) {
    for (const port of ports) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
});
