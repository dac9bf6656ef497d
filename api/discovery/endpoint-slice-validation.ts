import { each, faultOf, isIp, optionalName, portNumber, repeated, requiredName, requiredText } from '../core/checks.ts';
import { endpointIpFaults } from '../core/endpoints-validation.ts';
import type { FieldError } from '../meta/errors.ts';
import { duplicate, invalidValue, labelKeyFault, labelValueFault, required, tooMany } from '../meta/validation.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from './endpoint-slice.ts';

/** Faults of endpoint slices ("EndpointSlices"), in Kubernetes' words. */

const MAX_ENDPOINTS = 1000;
const MAX_PORTS = 20_000;
const MAX_ADDRESSES = 100;
const MAX_HINTS = 8;

type AddressType = EndpointSlice['addressType'];

function addressFaults(address: string, path: string, type: AddressType): FieldError[] {
  switch (type) {
    case 'FQDN':
      return requiredName('subdomain', path, address);
    case 'IPv4':
    case 'IPv6': {
      const isRight = isIp(address) && address.includes(':') === (type === 'IPv6');
      return isRight
        ? endpointIpFaults(address, path)
        : [invalidValue(path, address, `must be a valid ${type} address`)];
    }
    default:
      return [];
  }
}

const hintFaults = (hints: readonly { name: string }[] | undefined, path: string): FieldError[] => [
  ...((hints?.length ?? 0) > MAX_HINTS ? [tooMany(path, hints!.length, MAX_HINTS)] : []),
  ...each(hints, path, ({ name }, at) => faultOf(`${at}.name`, name, name ? labelValueFault(name) : undefined)),
  ...repeated(hints ?? [], ({ name }) => name).map(([{ name }, index]) => duplicate(`${path}[${index}].name`, name)),
];

const endpointFaults = (endpoint: Endpoint, path: string, type: AddressType): FieldError[] => {
  const { addresses = [], hostname, nodeName, deprecatedTopology = {}, hints } = endpoint;
  const at = `${path}.addresses`;
  return [
    ...(addresses.length === 0 ? [required(at, 'must contain at least 1 address')] : []),
    ...(addresses.length > MAX_ADDRESSES ? [tooMany(at, addresses.length, MAX_ADDRESSES)] : []),
    ...each(addresses, at, (address, where) => addressFaults(address, where, type)),
    ...optionalName('subdomain', `${path}.nodeName`, nodeName),
    ...optionalName('label', `${path}.hostname`, hostname),
    ...Object.keys(deprecatedTopology).flatMap((key) => faultOf(`${path}.deprecatedTopology`, key, labelKeyFault(key))),
    ...hintFaults(hints?.forZones, `${path}.hints.forZones`),
    ...hintFaults(hints?.forNodes, `${path}.hints.forNodes`),
  ];
};

const portFaults = ({ name, port, protocol, appProtocol }: EndpointPort, path: string): FieldError[] => [
  ...optionalName('label', `${path}.name`, name),
  ...portNumber(`${path}.port`, port),
  ...requiredText(`${path}.protocol`, protocol),
  ...(appProtocol ? faultOf(`${path}.appProtocol`, appProtocol, labelKeyFault(appProtocol)) : []),
];

export function validateEndpointSlice({ addressType, endpoints = [], ports = [] }: EndpointSlice): FieldError[] {
  return [
    ...requiredText('addressType', addressType),
    ...(endpoints.length > MAX_ENDPOINTS ? [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)] : []),
    ...each(endpoints.slice(0, MAX_ENDPOINTS), 'endpoints', (endpoint, at) =>
      endpointFaults(endpoint, at, addressType),
    ),
    ...(ports.length > MAX_PORTS ? [tooMany('ports', ports.length, MAX_PORTS)] : []),
    ...each(ports.slice(0, MAX_PORTS), 'ports', portFaults),
    ...repeated(ports.slice(0, MAX_PORTS), ({ name }) => name ?? '').map(([{ name }, index]) =>
      duplicate(`ports[${index}].name`, name ?? ''),
    ),
  ];
}

export const validateEndpointSliceUpdate = (next: EndpointSlice, previous: EndpointSlice): FieldError[] =>
  next.addressType === previous.addressType
    ? []
    : [invalidValue('addressType', next.addressType, 'field is immutable')];
