import { type Pod, specOf } from '../pod-types.ts';

/** Kubernetes, "Using sysctls in a Kubernetes Cluster", "Safe and Unsafe Sysctls": what a pod may set without harm to others. */
const SAFE: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

/** With dots, however it is written: `net/ipv4/tcp_syncookies` too. */
export const sysctlName = (name: string): string => name.replaceAll('/', '.');

/** Why the pod must not set one of its sysctls; undefined: it may set them all. `allowed`: names, or beginnings followed by `*`. */
export function sysctlRefusal(pod: Pod, allowed: readonly string[]): string | undefined {
  const { securityContext, hostNetwork, hostIPC } = specOf(pod);
  for (const { name: written } of securityContext?.sysctls ?? []) {
    const name = sysctlName(written);
    if (hostNetwork && name.startsWith('net.'))
      return `forbidden sysctl: "${name}" is of the network, which a pod with hostNetwork shares with the machine`;
    if (hostIPC && /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(name))
      return `forbidden sysctl: "${name}" is of the IPC namespace, which a pod with hostIPC shares with the machine`;
    const permitted = SAFE.has(name) || allowed.some((pattern) => matches(pattern, name));
    if (!permitted)
      return `forbidden sysctl: "${name}" is not allowlisted: it is not safe, and the agent's --allowed-unsafe-sysctls does not name it`;
  }
  return undefined;
}

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
