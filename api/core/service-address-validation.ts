import type { FieldError } from '../meta/errors.ts';
import { invalidValue, tooMany } from '../meta/validation.ts';
import { each, ipAddress, isIp } from './checks.ts';
import type { ServiceSpec } from './service.ts';

/** Addresses of a service within the cell ("IPv4/IPv6 dual-stack"). */

const MOST_FAMILIES = 2;

const familyOf = (ip: string): 'IPv4' | 'IPv6' => (ip.includes(':') ? 'IPv6' : 'IPv4');

/** Faults of `clusterIP` and `clusterIPs`, which name the same first address. */
export function addressFaults(spec: ServiceSpec): FieldError[] {
  const { clusterIP = '', clusterIPs = [], ipFamilies = [] } = spec;
  const path = 'spec.clusterIPs';
  if (clusterIPs.length > MOST_FAMILIES) return [tooMany(path, clusterIPs.length, MOST_FAMILIES)];
  const isHeadless = clusterIPs[0] === 'None';
  return [
    ...(clusterIPs.length > 0 && clusterIPs[0] !== clusterIP
      ? [invalidValue(path, clusterIPs, 'first value must match `clusterIP`')]
      : []),
    ...(isHeadless && clusterIPs.length > 1
      ? [invalidValue(path, clusterIPs, "'None' must be the first and only value")]
      : []),
    ...(isHeadless ? [] : each(clusterIPs, path, (ip, at, index) => oneAddress(ip, at, ipFamilies[index]))),
    ...(ipFamilies.length > MOST_FAMILIES ? [tooMany('spec.ipFamilies', ipFamilies.length, MOST_FAMILIES)] : []),
  ];
}

function oneAddress(ip: string, path: string, family: string | undefined): FieldError[] {
  const faults = ipAddress(path, ip);
  if (faults.length > 0 || !family || familyOf(ip) === family) return faults;
  return [invalidValue(path, ip, `expected an ${family} value as indicated by \`ipFamilies\``)];
}

/** Faults of a range of addresses, such as 10.0.0.0/8. */
export function rangeFaults(path: string, text: string): FieldError[] {
  const [ip = '', bits = '', ...rest] = text.split('/');
  const most = familyOf(ip) === 'IPv6' ? 128 : 32;
  const valid = rest.length === 0 && isIp(ip) && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
  return valid ? [] : [invalidValue(path, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}
