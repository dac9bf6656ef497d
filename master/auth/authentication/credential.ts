import type { TLSSocket } from 'node:tls';
import { issuedMsOf } from '../../../platform/pki.ts';
import type { User } from '../../user.ts';

/** What a connection proves about its client. */
export type Credential =
  | { readonly type: 'none' }
  /** `issuedMs`: when the certificate was made. */
  | { readonly type: 'certificate'; readonly user: User; readonly issuedMs?: number }
  /** A certificate that this cell's authority did not issue, or that has run out. */
  | { readonly type: 'unverified' };

export const AUTHENTICATED = 'system:authenticated';

/** Reads the client certificate: its common name is the user, its organizations are the groups (Kubernetes, "Authenticating"). */
export function credentialOf(socket: TLSSocket): Credential {
  const certificate = socket.getPeerCertificate();
  const subject = certificate?.subject as Record<string, string | string[] | undefined> | undefined;
  if (!subject) return { type: 'none' };
  const name = [subject.CN ?? []].flat().at(-1);
  if (!socket.authorized || !name) return { type: 'unverified' };
  const user = { name, groups: [...[subject.O ?? []].flat(), AUTHENTICATED] };
  return { type: 'certificate', user, issuedMs: issuedMsOf(certificate.valid_from) };
}
