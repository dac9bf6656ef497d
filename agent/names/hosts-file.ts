import { type Pod, specOf } from '../pod-types.ts';
import { hostnameOf } from './pod-hostname.ts';

/** As Kubernetes' own, so that what is known of the one holds for the other. */
const COMMON = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
];
/** The first line is known to tools for Kubernetes. */
const HEAD = '# Kubernetes-managed hosts file.\n# Changes are lost when a container of the pod is made or started.';

/**
 * The hosts file of a pod (Kubernetes, "Adding entries to Pod /etc/hosts with HostAliases"). `machine`: the machine's own, for pods
 * that share its network.
 */
export function hostsText(pod: Pod, podIp: string | undefined, clusterDomain: string, machine: string): string {
  const { hostNetwork, hostAliases = [] } = specOf(pod);
  const own = podIp ? [`${podIp}\t${hostnameOf(pod, clusterDomain).names.join('\t')}`] : [];
  const first = hostNetwork ? [HEAD, machine.trimEnd()] : [HEAD, ...COMMON, ...own];
  const aliases = hostAliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}`);
  const more = aliases.length > 0 ? ['', '# Entries added by hostAliases.', ...aliases] : [];
  return `${[...first, ...more].join('\n')}\n`;
}

/** The machine's file says it all for a pod that shares its network and adds nothing. */
export function hasOwnHosts(pod: Pod): boolean {
  const { hostNetwork, hostAliases = [] } = specOf(pod);
  return !hostNetwork || hostAliases.length > 0;
}
