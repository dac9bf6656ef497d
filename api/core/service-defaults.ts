import type { Service, ServiceSpec } from './service.ts';

/** What Kubernetes fills in for a service (API reference, "Service v1 core"). Addresses and node ports are left as given. */

const AFFINITY_SECONDS = 3 * 60 * 60;

/** Reached from outside through ports of the machines. */
export const isExternal = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';

/** A headless service has no address of its own; its name stands for those of its pods. */
export const isHeadless = ({ clusterIP }: ServiceSpec): boolean => clusterIP === 'None';

function setAffinityDefaults(spec: ServiceSpec): void {
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity !== 'ClientIP') return;
  spec.sessionAffinityConfig ??= {};
  spec.sessionAffinityConfig.clientIP ??= {};
  spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= AFFINITY_SECONDS;
}

/** `clusterIP` is the first of `clusterIPs`; who gives only the one means both. */
function setAddressDefaults(spec: ServiceSpec): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  spec.internalTrafficPolicy ||= 'Cluster';
  spec.ipFamilyPolicy ||= (spec.ipFamilies?.length ?? 0) > 1 ? 'PreferDualStack' : 'SingleStack';
  if (!spec.ipFamilies?.length) spec.ipFamilies = [spec.clusterIP?.includes(':') ? 'IPv6' : 'IPv4'];
}

export function setServiceDefaults(service: Service): void {
  service.spec ??= {};
  const { spec } = service;
  spec.type ||= 'ClusterIP';
  setAffinityDefaults(spec);
  if (spec.type !== 'ExternalName') setAddressDefaults(spec);
  if (isExternal(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port;
  }
  service.status ??= { loadBalancer: {} };
  for (const ingress of service.status.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ||= 'VIP';
}
