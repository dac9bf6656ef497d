import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { NetworkCertificate, NetworkIngress } from '../../proto/network.ts';

/** A certificate, and the names for which it is shown; none: those that it says itself. */
export interface Shown {
  readonly file: string;
  readonly pem: string;
  readonly hosts: readonly string[];
}

/** `find`: by `namespace/name`. What cannot be used is named in `bad`; one such must not keep all others from being served. */
export function certificatesOf(
  ingresses: readonly NetworkIngress[],
  find: (key: string) => NetworkCertificate | undefined,
): { readonly shown: readonly Shown[]; readonly bad: readonly string[] } {
  const hosts = new Map<string, Set<string>>();
  for (const { certificate, hosts: named } of ingresses.flatMap(({ tls }) => tls)) {
    const all = hosts.get(certificate) ?? new Set<string>();
    hosts.set(certificate, all);
    for (const host of named.filter(isHost)) all.add(host);
  }
  const shown: Shown[] = [];
  const bad: string[] = [];
  for (const [key, names] of [...hosts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const certificate = find(key);
    const pem = certificate && pemOf(certificate);
    if (pem) shown.push({ file: `${key.replace('/', '_')}.pem`, pem, hosts: [...names].sort() });
    else bad.push(key);
  }
  return { shown, bad };
}

export const isHost = (host: string): boolean => /^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(host);

function pemOf({ certificates, key }: NetworkCertificate): string | undefined {
  try {
    if (!new X509Certificate(certificates).checkPrivateKey(createPrivateKey(key))) return undefined;
    return `${certificates.trim()}\n${key.trim()}\n`;
  } catch {
    return undefined;
  }
}
