import type { FieldError } from '../meta/errors.ts';
import { duplicate, forbiddenField, invalidValue, required, validateLabels } from '../meta/validation.ts';
import { between, each, ipAddress, portNumber, repeated, requiredName } from './checks.ts';
import type { Service, ServiceSpec } from './service.ts';
import { addressFaults, rangeFaults } from './service-address-validation.ts';
import { isExternal, isHeadless } from './service-defaults.ts';
import { validateServicePorts } from './service-port-validation.ts';

/** Faults of services ("Service"), in Kubernetes' words. */

const LONGEST_AFFINITY_SECONDS = 86_400;

function affinityFaults({ sessionAffinity, sessionAffinityConfig: config }: ServiceSpec): FieldError[] {
  const path = 'spec.sessionAffinityConfig';
  if (sessionAffinity !== 'ClientIP')
    return config ? [forbiddenField(path, 'must not be set when session affinity is None')] : [];
  const at = `${path}.clientIP.timeoutSeconds`;
  const seconds = config?.clientIP?.timeoutSeconds;
  return seconds === undefined ? [required(at)] : between(at, seconds, 1, LONGEST_AFFINITY_SECONDS);
}

/** ExternalName is a mere alias: a name, and no address. */
function externalNameFaults(spec: ServiceSpec): FieldError[] {
  const path = 'spec.externalName';
  const unwanted = (['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const).filter(
    (field) => spec[field]?.length,
  );
  return [
    ...unwanted.map((field) => forbiddenField(`spec.${field}`, 'may not be set for ExternalName services')),
    // A dot at the end marks a name as complete.
    ...requiredName('subdomain', path, spec.externalName?.replace(/\.$/, '')),
  ];
}

function outsideFaults(spec: ServiceSpec): FieldError[] {
  const { externalTrafficPolicy: policy, healthCheckNodePort: healthPort } = spec;
  const reachable = isExternal(spec) || (spec.externalIPs?.length ?? 0) > 0;
  const isLocal = spec.type === 'LoadBalancer' && policy === 'Local';
  const path = 'spec.healthCheckNodePort';
  return [
    ...(policy && !reachable
      ? [
          invalidValue(
            'spec.externalTrafficPolicy',
            policy,
            'may only be set for externally-accessible services: types NodePort and LoadBalancer, or with externalIPs',
          ),
        ]
      : []),
    ...(healthPort && !isLocal
      ? [
          invalidValue(
            path,
            healthPort,
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
          ),
        ]
      : []),
    ...(healthPort ? portNumber(path, healthPort) : []),
  ];
}

const BALANCER_FIELDS = ['allocateLoadBalancerNodePorts', 'loadBalancerClass', 'loadBalancerSourceRanges'] as const;

function balancerFaults(spec: ServiceSpec): FieldError[] {
  const ranges = each(spec.loadBalancerSourceRanges, 'spec.loadBalancerSourceRanges', (range, at) =>
    rangeFaults(at, range.trim()),
  );
  if (spec.type === 'LoadBalancer') return ranges;
  const set = BALANCER_FIELDS.filter((field) => spec[field] !== undefined);
  return [
    ...ranges,
    ...set.map((field) => forbiddenField(`spec.${field}`, "may only be used when `type` is 'LoadBalancer'")),
  ];
}

export function validateService(service: Service): FieldError[] {
  const spec = service.spec ?? {};
  const needsPorts = spec.type !== 'ExternalName' && !isHeadless(spec);
  return [
    ...(needsPorts && !spec.ports?.length ? [required('spec.ports')] : []),
    ...(isExternal(spec) && isHeadless(spec)
      ? [invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)]
      : []),
    ...validateServicePorts(spec),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...affinityFaults(spec),
    ...(spec.type === 'ExternalName' ? externalNameFaults(spec) : addressFaults(spec)),
    ...each(spec.externalIPs, 'spec.externalIPs', (ip, at) => ipAddress(at, ip)),
    ...outsideFaults(spec),
    ...balancerFaults(spec),
    ...repeated(spec.ipFamilies ?? [], (family) => family).map(([family, index]) =>
      duplicate(`spec.ipFamilies[${index}]`, family),
    ),
  ];
}

const fixed = (path: string, next: string | undefined, previous: string | undefined): FieldError[] =>
  previous && next !== previous ? [invalidValue(path, next ?? '', 'may not change once set')] : [];

/** An address that was once given stays, as long as the service is of a type that has one; clients may hold it. */
export function validateServiceUpdate(next: Service, previous: Service): FieldError[] {
  const spec = next.spec ?? {};
  const before = previous.spec ?? {};
  const stays = spec.type !== 'ExternalName' && before.type !== 'ExternalName';
  const balanced = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer';
  return [
    ...(stays ? fixed('spec.clusterIPs[0]', spec.clusterIP, before.clusterIP) : []),
    ...(stays ? fixed('spec.ipFamilies[0]', spec.ipFamilies?.[0], before.ipFamilies?.[0]) : []),
    ...(balanced ? fixed('spec.loadBalancerClass', spec.loadBalancerClass, before.loadBalancerClass) : []),
  ];
}
