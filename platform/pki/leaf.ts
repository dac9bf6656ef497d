import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Authority, CertificateRequest, KeyPair } from '../pki.ts';
import { nearExpiry, USAGE_OIDS } from './certificate.ts';
import { PUBLIC_MODE, readIfPresent, replaceFile, SECRET_MODE } from './files.ts';

/**
 * A certificate kept as `<name>.crt` and `<name>.key` in `dir`: the one that is there while it still serves, else a new one.
 * It is replaced when less than a third of its life is left, when another authority signed it, or when it lacks a name, a
 * group or a usage that `request` asks for.
 */
export async function ensureCertificate(
  authority: Authority,
  dir: string,
  name: string,
  request: CertificateRequest,
  clock: Clock,
): Promise<KeyPair> {
  const certFile = join(dir, `${name}.crt`);
  const keyFile = join(dir, `${name}.key`);
  const certPem = await readIfPresent(certFile);
  const keyPem = await readIfPresent(keyFile);
  if (certPem && keyPem && serves(authority, { certPem, keyPem }, request, clock.now())) return { certPem, keyPem };
  const made = await authority.issue(request);
  await replaceFile(keyFile, made.keyPem, SECRET_MODE);
  await replaceFile(certFile, made.certPem, PUBLIC_MODE);
  return made;
}

/** Whether a pair from disk may be used in place of a new one. What cannot be parsed may not. */
function serves(authority: Authority, pair: KeyPair, request: CertificateRequest, nowMs: number): boolean {
  try {
    const certificate = new X509Certificate(pair.certPem);
    return (
      certificate.verify(new X509Certificate(authority.certPem).publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(pair.keyPem)) &&
      !nearExpiry(certificate, nowMs) &&
      hasSubject(certificate, request) &&
      hasNames(certificate, request) &&
      request.usages.every((usage) => certificate.keyUsage?.includes(USAGE_OIDS[usage]))
    );
  } catch {
    return false;
  }
}

function hasSubject(certificate: X509Certificate, request: CertificateRequest): boolean {
  const wanted = [`CN=${request.commonName}`, ...request.organizations.map((organization) => `O=${organization}`)];
  return [...certificate.subject.split('\n')].sort().join('\n') === wanted.sort().join('\n');
}

function hasNames(certificate: X509Certificate, request: CertificateRequest): boolean {
  // Only exact names count: `checkHost` would also take a wildcard or the common name.
  const exact = { wildcards: false, subject: 'never' } as const;
  return (
    (request.dnsNames ?? []).every((dnsName) => certificate.checkHost(dnsName, exact) !== undefined) &&
    (request.ipAddresses ?? []).every((address) => certificate.checkIP(address) !== undefined)
  );
}
