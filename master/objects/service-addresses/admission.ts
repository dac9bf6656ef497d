import { type Service, type ServiceSpec, services } from '../../../api/core/service.ts';
import { isExternal, isHeadless } from '../../../api/core/service-defaults.ts';
import { isSameResource } from '../../../api/meta/definition.ts';
import { type FieldError, invalid } from '../../../api/meta/errors.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { invalidValue } from '../../../api/meta/validation.ts';
import { formatIpv4Range, inRange, parseIpv4 } from '../../../api/networking/ipv4.ts';
import type { AdmissionRequest, AdmissionRule } from '../admission/admission.ts';
import type { AddressBook } from './address-book.ts';
import { holdingsOf } from './holdings.ts';

/**
 * Gives services their addresses and ports (Kubernetes docs, "Service", "Choosing your own IP address", "Type NodePort"), and refuses
 * those that are somebody else's or out of range. What a service has it keeps; what its type has no use for goes (service-update.ts).
 */
export function serviceAddresses(book: AddressBook): AdmissionRule {
  return {
    name: 'ServiceAddresses',
    admit(request) {
      if (!isAbout(request)) return undefined;
      const service = request.object as Service;
      const before = request.previous as Service | undefined;
      const faults = complete(service, before, book);
      const { name, generateName = '' } = metaOf(service);
      return faults.length > 0 ? invalid(services, name ?? generateName, faults) : undefined;
    },
    admitted(request) {
      if (isAbout(request) && !request.context.dryRun)
        book.promise(metaOf(request.object).uid ?? '', holdingsOf(request.object as Service));
    },
    withdrawn(request) {
      if (isAbout(request)) book.withdraw(metaOf(request.object).uid ?? '', holdingsOf(request.object as Service));
    },
  };
}

const isAbout = ({ operation, resource }: AdmissionRequest): boolean =>
  operation !== 'delete' && isSameResource(resource, services);

function complete(service: Service, before: Service | undefined, book: AddressBook): FieldError[] {
  const { spec } = service;
  if (!spec || spec.type === 'ExternalName') return [];
  const { uid = '' } = metaOf(service);
  const had = new Set(before ? holdingsOf(before) : []);
  return [...completeAddress(spec, uid, had, book), ...completePorts(spec, uid, had, book)];
}

function completeAddress(spec: ServiceSpec, uid: string, had: ReadonlySet<string>, book: AddressBook): FieldError[] {
  if (isHeadless(spec)) return [];
  const { serviceCidr } = book.settings;
  const foreign = spec.ipFamilies?.findIndex((family) => family !== 'IPv4') ?? -1;
  if (foreign >= 0 || spec.ipFamilyPolicy === 'RequireDualStack') {
    const [path, value] =
      foreign >= 0 ? [`spec.ipFamilies[${foreign}]`, 'IPv6'] : ['spec.ipFamilyPolicy', 'RequireDualStack'];
    return [invalidValue(path, value, 'this cell has services of IPv4 alone')];
  }
  if (!spec.clusterIP) {
    const drawn = book.drawAddress(serviceCidr, uid);
    if (!drawn) return [invalidValue('spec.clusterIPs', [], `${refused('IP', '')}range is full`)];
    spec.clusterIP = drawn;
    spec.clusterIPs = [drawn];
    return [];
  }
  const given = spec.clusterIP;
  if (had.has(given)) return [];
  const address = parseIpv4(given);
  if (address === undefined || !inRange(serviceCidr, address)) {
    const range = formatIpv4Range(serviceCidr);
    const why = `the provided IP (${given}) is not in the valid range. The range of valid IPs is ${range}`;
    return [invalidValue('spec.clusterIPs', [given], refused('IP', given) + why)];
  }
  if (!book.isTaken(given, uid)) return [];
  return [invalidValue('spec.clusterIPs', [given], `${refused('IP', given)}provided IP is already allocated`)];
}

const refused = (what: string, value: string): string => `failed to allocate ${what}${value && ` ${value}`}: `;

function completePorts(spec: ServiceSpec, uid: string, had: ReadonlySet<string>, book: AddressBook): FieldError[] {
  const { nodePorts } = book.settings;
  const faults: FieldError[] = [];
  const own: number[] = (spec.ports ?? []).flatMap(({ nodePort }) => nodePort || []);
  const check = (port: number, path: string) => {
    if (had.has(String(port))) return;
    if (port < nodePorts.first || port > nodePorts.last) {
      const range = `${nodePorts.first}-${nodePorts.last}`;
      faults.push(
        invalidValue(path, port, `provided port is not in the valid range. The range of valid ports is ${range}`),
      );
    } else if (book.isTaken(String(port), uid))
      faults.push(invalidValue(path, port, 'provided port is already allocated'));
  };
  const draw = (path: string): number | undefined => {
    const port = book.drawPort(nodePorts, uid, own);
    if (port === undefined) faults.push(invalidValue(path, 0, `${refused('a nodePort', '')}range is full`));
    else own.push(port);
    return port;
  };
  const draws = spec.type === 'NodePort' || (isExternal(spec) && spec.allocateLoadBalancerNodePorts !== false);
  spec.ports?.forEach((port, index) => {
    const path = `spec.ports[${index}].nodePort`;
    if (port.nodePort) check(port.nodePort, path);
    else if (draws) port.nodePort = draw(path);
  });
  if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') return faults;
  if (spec.healthCheckNodePort) check(spec.healthCheckNodePort, 'spec.healthCheckNodePort');
  else spec.healthCheckNodePort = draw('spec.healthCheckNodePort');
  return faults;
}
