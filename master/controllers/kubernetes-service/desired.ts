import type { Endpoints } from '../../../api/core/endpoints.ts';
import type { Service, ServiceSpec } from '../../../api/core/service.ts';
import { type EndpointSlice, MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../../../api/discovery/endpoint-slice.ts';
import { inRange, parseIpv4, parseIpv4Range } from '../../../api/networking/ipv4.ts';

/** The service by which pods reach the API (Kubernetes docs, "Accessing the Kubernetes API from a Pod"), and who is behind it. Pure. */

export const NAMESPACE = 'default';
export const NAME = 'kubernetes';
const PORT_NAME = 'https';
const PORT = 443;
const LABELS = { component: 'apiserver', provider: 'kubernetes' };

/** Address and port of a master that listens at IPv4. */
export interface MasterEnd {
  readonly address: string;
  readonly port: number;
}

const LOOPBACK = parseIpv4Range('127.0.0.0/8');

/** Undefined: no pod could reach it there. */
export function endOf(url: string): MasterEnd | undefined {
  const { hostname: address, port } = new URL(url);
  const number = parseIpv4(address);
  if (number === undefined || !LOOPBACK || inRange(LOOPBACK, number)) return undefined;
  return { address, port: Number(port || PORT) };
}

export const serviceSpec = (clusterIP: string): ServiceSpec => ({
  ...{ type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], sessionAffinity: 'None' },
  // Masters may listen at different ports: each endpoint names its own.
  ports: [{ name: PORT_NAME, protocol: 'TCP', port: PORT, targetPort: PORT_NAME }],
});

export const freshService = (clusterIP: string): Service => ({
  metadata: { namespace: NAMESPACE, name: NAME, labels: LABELS },
  spec: serviceSpec(clusterIP),
});

function byPort(ends: readonly MasterEnd[]): [port: number, addresses: string[]][] {
  const ports = [...new Set(ends.map(({ port }) => port))].sort((a, b) => a - b);
  return ports.map((each) => [
    each,
    ends
      .filter(({ port }) => port === each)
      .map(({ address }) => address)
      .sort(),
  ]);
}

export const subsetsOf = (ends: readonly MasterEnd[]): NonNullable<Endpoints['subsets']> =>
  byPort(ends).map(([port, addresses]) => ({
    addresses: addresses.map((ip) => ({ ip })),
    ports: [{ name: PORT_NAME, port, protocol: 'TCP' as const }],
  }));

/** One for each port at which masters listen; by name. */
export function slicesOf(ends: readonly MasterEnd[]): Map<string, EndpointSlice> {
  const slices = byPort(ends).map(([port, addresses], index): [string, EndpointSlice] => {
    const name = index === 0 ? NAME : `${NAME}-${port}`;
    const labels = { [SERVICE_NAME_LABEL]: NAME, [MANAGED_BY_LABEL]: MANAGER };
    return [
      name,
      {
        metadata: { namespace: NAMESPACE, name, labels },
        addressType: 'IPv4',
        ports: [{ name: PORT_NAME, port, protocol: 'TCP' }],
        endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
      },
    ];
  });
  return new Map(slices);
}

export const MANAGER = 'stowage-masters';
