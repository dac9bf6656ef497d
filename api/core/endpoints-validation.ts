import type { FieldError } from '../meta/errors.ts';
import { invalidValue, labelKeyFault, required } from '../meta/validation.ts';
import { each, faultOf, isIp, optionalName, portNumber, requiredName, requiredText } from './checks.ts';
import type { EndpointAddress, EndpointPort, Endpoints } from './endpoints.ts';

/** Faults of endpoints ("Service", endpoints), in Kubernetes' words. */

/** Addresses that lead nowhere, or into whoever follows them. */
const UNUSABLE: readonly (readonly [RegExp, string])[] = [
  [/^(0\.0\.0\.0|[0:]*::?0?)$/, 'may not be unspecified'],
  [/^(127\.|::1$|0*(:0*){6}:0*1$)/, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [/^(169\.254\.|fe[89ab])/i, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [/^(224\.0\.0\.|ff[0-9a-f]2:)/i, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
];

/** Faults of an address that others are sent to. */
export function endpointIpFaults(ip: string, path: string): FieldError[] {
  if (!isIp(ip)) return [invalidValue(path, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  return UNUSABLE.filter(([range]) => range.test(ip)).map(([, why]) => invalidValue(path, ip, why));
}

const addressFaults = ({ ip, hostname, nodeName }: EndpointAddress, path: string): FieldError[] => [
  ...endpointIpFaults(ip ?? '', `${path}.ip`),
  ...optionalName('label', `${path}.hostname`, hostname),
  ...optionalName('subdomain', `${path}.nodeName`, nodeName),
];

const portFaults = (port: EndpointPort, path: string, oneOfSeveral: boolean): FieldError[] => [
  ...(oneOfSeveral
    ? requiredName('label', `${path}.name`, port.name)
    : optionalName('label', `${path}.name`, port.name)),
  ...portNumber(`${path}.port`, port.port),
  ...requiredText(`${path}.protocol`, port.protocol),
  ...(port.appProtocol ? faultOf(`${path}.appProtocol`, port.appProtocol, labelKeyFault(port.appProtocol)) : []),
];

export const validateEndpoints = ({ subsets }: Endpoints): FieldError[] =>
  each(subsets, 'subsets', ({ addresses = [], notReadyAddresses = [], ports = [] }, path) => [
    ...(addresses.length + notReadyAddresses.length === 0
      ? [required(path, 'must specify `addresses` or `notReadyAddresses`')]
      : []),
    ...each(addresses, `${path}.addresses`, addressFaults),
    ...each(notReadyAddresses, `${path}.notReadyAddresses`, addressFaults),
    ...each(ports, `${path}.ports`, (port, at) => portFaults(port, at, ports.length > 1)),
  ]);
