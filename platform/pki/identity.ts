import { createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { fingerprintOf, nearExpiry } from './certificate.ts';
import { PUBLIC_MODE, readIfPresent, replaceFile, SECRET_MODE } from './files.ts';

/** Who a process is in a cell: its certificate and key, and the authority it trusts (all PEM). */
export interface Identity {
  readonly certPem: string;
  readonly keyPem: string;
  readonly caPem: string;
}

/**
 * The identity kept in `dir` (`client.crt`, `client.key`, `ca.crt`), or `undefined` when there is none that can be used: not
 * complete, expired, or of an authority other than the one with this fingerprint.
 */
export async function readIdentity(dir: string, fingerprint: string, nowMs: number): Promise<Identity | undefined> {
  const [certPem, keyPem, caPem] = await Promise.all(
    ['client.crt', 'client.key', 'ca.crt'].map((file) => readIfPresent(join(dir, file))),
  );
  if (!certPem || !keyPem || !caPem) return undefined;
  const identity = { certPem, keyPem, caPem };
  return usable(identity, fingerprint, nowMs) ? identity : undefined;
}

/** Keeps the identity in `dir`; the key readable by its owner only. */
export async function writeIdentity(dir: string, identity: Identity): Promise<void> {
  await replaceFile(join(dir, 'client.key'), identity.keyPem, SECRET_MODE);
  await replaceFile(join(dir, 'client.crt'), identity.certPem, PUBLIC_MODE);
  await replaceFile(join(dir, 'ca.crt'), identity.caPem, PUBLIC_MODE);
}

/** True once less than a third of the certificate's life is left. */
export function renewalDue(identity: Identity, nowMs: number): boolean {
  return nearExpiry(new X509Certificate(identity.certPem), nowMs);
}

function usable(identity: Identity, fingerprint: string, nowMs: number): boolean {
  try {
    const certificate = new X509Certificate(identity.certPem);
    const authority = new X509Certificate(identity.caPem);
    return (
      fingerprintOf(authority) === fingerprint &&
      certificate.verify(authority.publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(identity.keyPem)) &&
      certificate.validToDate.getTime() > nowMs
    );
  } catch {
    return false;
  }
}
