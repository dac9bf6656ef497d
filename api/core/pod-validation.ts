import type { FieldError } from '../meta/errors.ts';
import {
  duplicate,
  forbiddenField,
  invalidValue,
  labelKeyFault,
  notSupported,
  required,
  tooLong,
  validateLabels,
} from '../meta/validation.ts';
import { validateAffinity, validateSpread } from './affinity-validation.ts';
import { between, each, faultOf, ipAddress, MAX_INT32, optionalName, repeated, requiredName } from './checks.ts';
import { validateContainers } from './container-validation.ts';
import type { Pod } from './pod.ts';
import type { PodSpec } from './pod-spec.ts';
import { validateOverhead, validateResources, validateWholeAndParts } from './resource-validation.ts';
import { validatePodSecurityContext } from './security-validation.ts';
import { validateTolerations } from './taint-validation.ts';
import { validateVolumes } from './volume-validation.ts';

/** Faults of pods and of specs of pods, in Kubernetes' words. */

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
/** Of the kernel. */
const MAX_HOSTNAME = 64;

function networkFaults(spec: PodSpec, path: string): FieldError[] {
  const { dnsConfig, dnsPolicy, hostAliases } = spec;
  const servers = dnsConfig?.nameservers ?? [];
  const searches = dnsConfig?.searches ?? [];
  const at = `${path}.dnsConfig`;
  return [
    ...(dnsPolicy === 'None' && servers.length === 0
      ? [required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
      : []),
    ...(servers.length > MAX_NAMESERVERS
      ? [invalidValue(`${at}.nameservers`, servers, `must not have more than ${MAX_NAMESERVERS} nameservers`)]
      : []),
    ...each(servers, `${at}.nameservers`, (server, serverPath) => ipAddress(serverPath, server)),
    ...(searches.length > MAX_SEARCHES
      ? [invalidValue(`${at}.searches`, searches, `must not have more than ${MAX_SEARCHES} search paths`)]
      : []),
    ...each(hostAliases, `${path}.hostAliases`, (alias, aliasPath) => [
      ...ipAddress(`${aliasPath}.ip`, alias.ip),
      ...each(alias.hostnames, `${aliasPath}.hostnames`, (name, namePath) => requiredName('subdomain', namePath, name)),
    ]),
    ...optionalName('label', `${path}.hostname`, spec.hostname),
    ...optionalName('label', `${path}.subdomain`, spec.subdomain),
    ...overrideFaults(spec, path),
  ];
}

/** A name that wins over all others leaves no room for rules about these. */
function overrideFaults({ hostnameOverride, hostNetwork, setHostnameAsFQDN }: PodSpec, path: string): FieldError[] {
  if (!hostnameOverride) return [];
  const at = `${path}.hostnameOverride`;
  return [
    ...optionalName('subdomain', at, hostnameOverride),
    ...(hostnameOverride.length > MAX_HOSTNAME ? [tooLong(at, MAX_HOSTNAME)] : []),
    ...(hostNetwork ? [invalidValue(at, hostnameOverride, 'may not be specified when hostNetwork is true')] : []),
    ...(setHostnameAsFQDN
      ? [invalidValue(at, hostnameOverride, 'may not be specified when setHostnameAsFQDN is true')]
      : []),
  ];
}

const namingFaults = (spec: PodSpec, path: string): FieldError[] => [
  ...optionalName('subdomain', `${path}.serviceAccountName`, spec.serviceAccountName),
  ...optionalName('subdomain', `${path}.nodeName`, spec.nodeName),
  ...optionalName('subdomain', `${path}.priorityClassName`, spec.priorityClassName),
  ...optionalName('subdomain', `${path}.runtimeClassName`, spec.runtimeClassName),
  ...each(spec.readinessGates, `${path}.readinessGates`, (gate, at) =>
    faultOf(`${at}.conditionType`, gate.conditionType, labelKeyFault(gate.conditionType)),
  ),
  ...each(spec.schedulingGates, `${path}.schedulingGates`, (gate, at) =>
    faultOf(`${at}.name`, gate.name, labelKeyFault(gate.name)),
  ),
  ...repeated(spec.schedulingGates ?? [], (gate) => gate.name).map(([gate, index]) =>
    duplicate(`${path}.schedulingGates[${index}].name`, gate.name),
  ),
];

function wholePodFaults(spec: PodSpec, path: string): FieldError[] {
  return [
    ...between(`${path}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 1, MAX_INT32),
    ...(spec.shareProcessNamespace && spec.hostPID
      ? [
          invalidValue(
            `${path}.shareProcessNamespace`,
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : []),
    ...(spec.os && spec.os.name !== 'linux' && spec.os.name !== 'windows'
      ? [
          spec.os.name
            ? notSupported(`${path}.os.name`, spec.os.name, ['linux', 'windows'])
            : required(`${path}.os.name`),
        ]
      : []),
    ...validateOverhead(spec.overhead, `${path}.overhead`),
    ...validateResources(spec.resources, `${path}.resources`, true),
    ...validateWholeAndParts(spec, path),
  ];
}

/** Faults of a spec after defaults; `path` is where it stands (`spec`, `spec.template.spec`). */
export function validatePodSpec(spec: PodSpec, path: string): FieldError[] {
  return [
    ...validateVolumes(spec.volumes, `${path}.volumes`),
    ...validateContainers(spec, path),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validatePodSecurityContext(spec.securityContext, `${path}.securityContext`),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateTolerations(spec.tolerations, `${path}.tolerations`),
    ...validateSpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`),
    ...networkFaults(spec, path),
    ...namingFaults(spec, path),
    ...wholePodFaults(spec, path),
  ];
}

export function validatePod(pod: Pod): FieldError[] {
  const spec = pod.spec ?? { containers: [] };
  return [
    ...validatePodSpec(spec, 'spec'),
    ...(spec.nodeName && spec.schedulingGates?.length
      ? [forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')]
      : []),
  ];
}
