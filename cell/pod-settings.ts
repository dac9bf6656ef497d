import { isIP } from 'node:net';
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

export const podSettings = {
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
