import { equalJson } from '../meta/json.ts';
import type { Service, ServiceSpec } from './service.ts';
import { isExternal } from './service-defaults.ts';

/** What a change of a service carries over, and what a change of its type leaves behind. */

type Needed = (spec: ServiceSpec) => boolean;
const hasAddress: Needed = ({ type }) => type !== 'ExternalName';
const isBalanced: Needed = ({ type }) => type === 'LoadBalancer';

/** Fields that mean something for some types only. */
const TYPE_FIELDS: readonly (readonly [keyof ServiceSpec, Needed])[] = [
  ['clusterIP', hasAddress],
  ['clusterIPs', hasAddress],
  ['ipFamilies', hasAddress],
  ['ipFamilyPolicy', hasAddress],
  ['internalTrafficPolicy', hasAddress],
  ['externalTrafficPolicy', isExternal],
  ['allocateLoadBalancerNodePorts', isBalanced],
  ['loadBalancerClass', isBalanced],
  ['healthCheckNodePort', (spec) => isBalanced(spec) && spec.externalTrafficPolicy === 'Local'],
];

/** A client that sends back what it read, with another type, does not mean the fields that the old type had brought. */
function dropUnneeded(next: ServiceSpec, previous: ServiceSpec): void {
  for (const [field, isNeeded] of TYPE_FIELDS)
    if (isNeeded(previous) && !isNeeded(next) && equalJson(next[field], previous[field])) delete next[field];
  if (!isExternal(previous) || isExternal(next)) return;
  const known = new Set(previous.ports?.map(({ nodePort }) => nodePort));
  for (const port of next.ports ?? []) if (known.has(port.nodePort)) delete port.nodePort;
}

/** A client that replaces a service without naming its address keeps the one it has. Changes `next`, before its defaults. */
export function carryOverServiceFields(next: Service, previous: Service): void {
  if (!next.spec || !previous.spec) return;
  const [spec, before] = [next.spec, previous.spec];
  spec.type ||= 'ClusterIP';
  if (spec.type !== before.type) dropUnneeded(spec, before);
  if (!hasAddress(spec) || !hasAddress(before)) return;
  if (!spec.clusterIP && !spec.clusterIPs?.length && before.clusterIP) {
    spec.clusterIP = before.clusterIP;
    if (before.clusterIPs) spec.clusterIPs = before.clusterIPs;
  }
}
