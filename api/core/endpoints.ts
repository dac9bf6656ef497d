import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { atomicMap, described, int32, list, oneOf, optional, type Static, string, struct } from '../meta/schema.ts';
import { ageColumn, nameColumn } from './columns.ts';
import { validateEndpoints } from './endpoints-validation.ts';
import { ObjectReferenceSchema } from './references.ts';

/** The addresses behind a service, all in one object ("Service", endpoints). */

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

const EndpointAddressSchema = atomicMap(
  struct('io.k8s.api.core.v1.EndpointAddress', 'One address.', {
    hostname: optional(string('Name of the host within the domain of the service.')),
    ip: string('The address; not a loopback, link-local or multicast one.'),
    nodeName: optional(string('Node on which it is.')),
    targetRef: optional(described(ObjectReferenceSchema, 'Object, mostly a pod, that has the address.')),
  }),
);
export type EndpointAddress = Static<typeof EndpointAddressSchema>;

const EndpointPortSchema = atomicMap(
  struct('io.k8s.api.core.v1.EndpointPort', 'One port.', {
    appProtocol: optional(string('Application protocol spoken on the port.')),
    name: optional(string('Name of the port as the service has it; needed where there are several.')),
    port: int32('Number of the port.'),
    protocol: optional(oneOf('TCP (default), UDP or SCTP.', PROTOCOLS)),
  }),
);
export type EndpointPort = Static<typeof EndpointPortSchema>;

const EndpointSubsetSchema = struct(
  'io.k8s.api.core.v1.EndpointSubset',
  'Addresses that share ports: each address with each port.',
  {
    addresses: optional(list(EndpointAddressSchema, 'Addresses that are ready.')),
    notReadyAddresses: optional(list(EndpointAddressSchema, 'Addresses that are not ready.')),
    ports: optional(list(EndpointPortSchema, 'Ports of every address.')),
  },
);
export type EndpointSubset = Static<typeof EndpointSubsetSchema>;

export const EndpointsSchema = struct('io.k8s.api.core.v1.Endpoints', 'The addresses behind a service.', {
  ...typeMeta,
  metadata,
  subsets: optional(list(EndpointSubsetSchema, 'All addresses, by the ports they have.')),
});
export type Endpoints = Static<typeof EndpointsSchema>;

const SHOWN = 3;

/** At most three entries, then how many more there are. */
export const shortened = (entries: readonly string[], none: string): string =>
  entries.length > SHOWN
    ? `${entries.slice(0, SHOWN).join(',')} + ${entries.length - SHOWN} more...`
    : entries.join(',') || none;

const withPort = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

const reachable = ({ addresses = [], ports = [] }: EndpointSubset): string[] =>
  ports.length === 0
    ? addresses.map(({ ip }) => ip)
    : ports.flatMap(({ port }) => addresses.map(({ ip }) => withPort(ip, port)));

export const endpoints = defineResource<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  categories: [],
  namespaced: true,
  schema: EndpointsSchema,
  hasStatus: false,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  columns: [
    nameColumn,
    {
      name: 'Endpoints',
      type: 'string',
      description: 'Addresses that are ready.',
      value: ({ subsets = [] }) => (subsets.length > 0 ? shortened(subsets.flatMap(reachable), '') : '<none>'),
    },
    ageColumn,
  ],
  setDefaults({ subsets = [] }) {
    for (const { ports = [] } of subsets) for (const port of ports) port.protocol ??= 'TCP';
  },
  validate: validateEndpoints,
});
