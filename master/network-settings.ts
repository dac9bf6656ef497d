import { formatIpv4, type Ipv4Range } from '../api/networking/ipv4.ts';

/** How packets between pods on different machines travel: wrapped (VXLAN), or along routes, where machines share a link. */
export const NETWORK_MODES = ['vxlan', 'host-gw'] as const;
export type NetworkMode = (typeof NETWORK_MODES)[number];

/** The network of a cell. Its ranges do not overlap (cell/network-settings.ts sees to that). */
export interface NetworkSettings {
  readonly mode: NetworkMode;
  /** Each node gets a part of it, of `nodeCidrBits`, for its pods. */
  readonly podCidr: Ipv4Range;
  readonly nodeCidrBits: number;
  /** Where services get their addresses. */
  readonly serviceCidr: Ipv4Range;
  readonly nodePorts: PortRange;
  /** Where services of type LoadBalancer get theirs. Empty: somebody else gives them. */
  readonly loadBalancerPool: readonly Ipv4Range[];
}

/** Of the service `kubernetes`, by which pods reach the API: the first of the range, as in Kubernetes. */
export const apiServiceAddress = ({ serviceCidr }: Pick<NetworkSettings, 'serviceCidr'>): string =>
  formatIpv4(serviceCidr.base + 1);

/** Both ends are in it. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}
