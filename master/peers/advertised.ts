import { isIPv6 } from 'node:net';
import { hostAddress } from '../../platform/host-address.ts';

export interface Listening {
  readonly bindAddress: string;
  /** kube-apiserver's flag of the name: where others reach this master. */
  readonly advertiseAddress?: string;
  readonly port: number;
}

/** `https://HOST:PORT` at which other machines reach a master that listens like this. */
export function advertisedUrl({ bindAddress, advertiseAddress, port }: Listening, own = hostAddress()): string {
  const isAnywhere = bindAddress === '0.0.0.0' || bindAddress === '::';
  const host = advertiseAddress ?? (isAnywhere ? (own ?? '127.0.0.1') : bindAddress);
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
