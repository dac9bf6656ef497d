import type { NetworkService } from '../proto/network.ts';

/**
 * Variables that describe the services of a pod's namespace, and always that of the API (Kubernetes docs, "Service", "Environment
 * variables"; `enableServiceLinks`). Only services with an address and a port have any. Pure.
 */
export function serviceVariables(
  services: Iterable<NetworkService>,
  namespace: string,
  enableServiceLinks: boolean,
): Map<string, string> {
  const variables = new Map<string, string>();
  const all = [...services].filter(({ clusterIp, ports }) => clusterIp && ports.length > 0);
  const api = all.filter(isApi);
  const own = enableServiceLinks ? all.filter((service) => service.namespace === namespace && !isApi(service)) : [];
  // In a namespace of its own a service may be called as the API's is, and goes before it.
  for (const service of [...api, ...own]) for (const [name, value] of linkOf(service)) variables.set(name, value);
  return variables;
}

const isApi = ({ namespace, name }: NetworkService): boolean => namespace === 'default' && name === 'kubernetes';

const upper = (name: string): string => name.toUpperCase().replaceAll('-', '_');

function linkOf({ name, clusterIp = '', ports }: NetworkService): [string, string][] {
  const prefix = upper(name);
  const [first] = ports;
  if (!first) return [];
  const named = ports.filter((port) => port.name !== '');
  return [
    [`${prefix}_SERVICE_HOST`, clusterIp],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...named.map((port): [string, string] => [`${prefix}_SERVICE_PORT_${upper(port.name)}`, String(port.port)]),
    [`${prefix}_PORT`, `${first.protocol.toLowerCase()}://${clusterIp}:${first.port}`],
    ...ports.flatMap(({ port, protocol }): [string, string][] => {
      const one = `${prefix}_PORT_${port}_${protocol}`;
      const l4 = protocol.toLowerCase();
      return [
        [one, `${l4}://${clusterIp}:${port}`],
        [`${one}_PROTO`, l4],
        [`${one}_PORT`, String(port)],
        [`${one}_ADDR`, clusterIp],
      ];
    }),
  ];
}
