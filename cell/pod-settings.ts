import { isIP, isIPv4 } from 'node:net';
import type { IngressOptions } from '../agent/ingress/ingress.ts';
import { DEFAULT_NAME_OPTIONS, type NameOptions } from '../agent/names/name-options.ts';
import { BadValue, type Setting, text, type Values } from './config.ts';

/** What the agent gives its pods beside the machine: flags as the kubelet has them. */

const clusterDns: Setting<readonly string[]> = {
  name: 'cluster-dns',
  placeholder: 'addresses',
  description: "addresses of the cell's own name servers, separated by commas (default: pods use the machine's)",
  fallback: DEFAULT_NAME_OPTIONS.clusterDns,
  read: (value) =>
    value.split(',').map((part) => {
      const address = part.trim();
      if (isIP(address) === 0) throw new BadValue(`holds "${address}", which is no IP address`);
      return address;
    }),
};

const clusterDomain: Setting<string> = {
  name: 'cluster-domain',
  placeholder: 'domain',
  description: "domain of the cell's names",
  fallback: DEFAULT_NAME_OPTIONS.clusterDomain,
  read: (value) => {
    if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value)) throw new BadValue('must be a domain such as cluster.local');
    return value;
  },
};

const MOST_PORT = 65_535;

const ingress: Setting<IngressOptions | undefined> = {
  name: 'ingress',
  placeholder: 'ports',
  description:
    'serve ingresses at these ports for HTTP and HTTPS, as 80,443 or 192.0.2.1:80,443, through HAProxy (default: this machine does not)',
  fallback: undefined,
  read: (value) => {
    const [, address = '0.0.0.0', http, https] = /^(?:([0-9.]+):)?(\d{1,5}),(\d{1,5})$/.exec(value) ?? [];
    const [httpPort, httpsPort] = [Number(http), Number(https)];
    const isRight = [httpPort, httpsPort].every((port) => port >= 1 && port <= MOST_PORT);
    if (!isRight || httpPort === httpsPort || !isIPv4(address))
      throw new BadValue(`must be two ports of 1 to ${MOST_PORT}, after an address if need be, such as 80,443`);
    return { address, httpPort, httpsPort };
  },
};

export const podSettings = {
  ingress,
  clusterDns,
  clusterDomain,
  podManifestPath: text<string | undefined>({
    name: 'pod-manifest-path',
    placeholder: 'dir',
    description: 'where manifests of pods lie that this machine runs by itself, without being told by a master',
    fallback: undefined,
  }),
};

export const nameOptionsOf = ({
  clusterDns: servers,
  clusterDomain: domain,
}: Values<typeof podSettings>): NameOptions => ({
  clusterDns: servers,
  clusterDomain: domain,
});
