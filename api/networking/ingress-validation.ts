import { each, optionalName, portNameFault, portNumber, requiredName, requiredText } from '../core/checks.ts';
import type { FieldError } from '../meta/errors.ts';
import { invalidValue, nameFault, required } from '../meta/validation.ts';
import { CLASS_ANNOTATION, type HttpIngressPath, type Ingress, type IngressBackend } from './ingress.ts';

/** Faults of ingresses ("Ingress"), in Kubernetes' words. */

/** Parts of a path that a proxy could be led astray with. */
const ODD_PARTS = ['//', '/./', '/../', '%2f', '%2F'];
const ODD_ENDS = ['/..', '/.'];

function pathFaults({ path = '', pathType }: HttpIngressPath, at: string): FieldError[] {
  if (!pathType) return [required(`${at}.pathType`, 'pathType must be specified')];
  const isFree = pathType === 'ImplementationSpecific';
  if (!path && isFree) return [];
  if (!path.startsWith('/')) return [invalidValue(`${at}.path`, path, 'must be an absolute path')];
  if (isFree) return [];
  return [
    ...ODD_PARTS.filter((part) => path.includes(part)).map((part) =>
      invalidValue(`${at}.path`, path, `must not contain '${part}'`),
    ),
    ...ODD_ENDS.filter((end) => path.endsWith(end)).map((end) =>
      invalidValue(`${at}.path`, path, `cannot end with '${end}'`),
    ),
  ];
}

function serviceFaults({ name, port = {} }: NonNullable<IngressBackend['service']>, path: string): FieldError[] {
  const faults = requiredName('dns-1035-label', `${path}.name`, name);
  const hasNumber = !!port.number;
  if (port.name && hasNumber)
    return [...faults, invalidValue(path, port.name, 'cannot set both port name & port number')];
  if (port.name) {
    const fault = portNameFault(port.name);
    return fault ? [...faults, invalidValue(`${path}.port.name`, port.name, fault)] : faults;
  }
  return hasNumber
    ? [...faults, ...portNumber(`${path}.port.number`, port.number)]
    : [...faults, required(path, 'port name or number is required')];
}

function backendFaults({ service, resource }: IngressBackend, path: string): FieldError[] {
  if (service && resource) return [invalidValue(path, '', 'cannot set both resource and service backends')];
  if (service) return serviceFaults(service, `${path}.service`);
  if (!resource) return [required(path, 'resource or service backend is required')];
  const at = `${path}.resource`;
  return [
    ...optionalName('subdomain', `${at}.apiGroup`, resource.apiGroup),
    ...requiredText(`${at}.kind`, resource.kind),
    ...requiredText(`${at}.name`, resource.name),
  ];
}

/** A host; its first label may be `*`. */
function hostFaults(host: string | undefined, path: string): FieldError[] {
  if (!host) return [];
  const fault = host.includes('*')
    ? nameFault('subdomain', host.replace(/^\*\./, '')) &&
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain (e.g. '*.example.com')"
    : nameFault('subdomain', host);
  return fault ? [invalidValue(path, host, fault)] : [];
}

export function validateIngress({ metadata, spec = {} }: Ingress): FieldError[] {
  const { rules = [], tls, defaultBackend, ingressClassName } = spec;
  const oldClass = metadata?.annotations?.[CLASS_ANNOTATION];
  return [
    ...(ingressClassName && oldClass
      ? [
          invalidValue(
            `metadata.annotations[${CLASS_ANNOTATION}]`,
            oldClass,
            'can not be set when the class field is also set',
          ),
        ]
      : []),
    ...(rules.length === 0 && !defaultBackend
      ? [invalidValue('spec', rules, 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend ? backendFaults(defaultBackend, 'spec.defaultBackend') : []),
    ...each(rules, 'spec.rules', ({ host, http }, at) => [
      ...hostIsName(host, `${at}.host`),
      ...hostFaults(host, `${at}.host`),
      ...(http?.paths?.length === 0 ? [required(`${at}.http.paths`)] : []),
      ...each(http?.paths, `${at}.http.paths`, (path, place) => [
        ...pathFaults(path, place),
        ...backendFaults(path.backend ?? {}, `${place}.backend`),
      ]),
    ]),
    ...each(tls, 'spec.tls', ({ hosts, secretName }, at) => [
      ...each(hosts, `${at}.hosts`, hostFaults),
      ...optionalName('subdomain', `${at}.secretName`, secretName),
    ]),
    ...optionalName('subdomain', 'spec.ingressClassName', ingressClassName),
  ];
}

const hostIsName = (host: string | undefined, path: string): FieldError[] =>
  host && /^\d+(\.\d+){3}$/.test(host) ? [invalidValue(path, host, 'must be a DNS name, not an IP address')] : [];
