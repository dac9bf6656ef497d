import type { TLSSocket } from 'node:tls';
import type { User } from '../../user.ts';

/** What a connection proves about its client. */
export type Credential =
  | { readonly type: 'none' }
  | { readonly type: 'certificate'; readonly user: User }
  /** A certificate that this cell's authority did not issue, or that has run out. */
  | { readonly type: 'unverified' };

export const AUTHENTICATED = 'system:authenticated';

/** Reads the client certificate: its common name is the user, its organizations are the groups (Kubernetes, "Authenticating"). */
export function credentialOf(socket: TLSSocket): Credential {
  const subject = socket.getPeerCertificate()?.subject as Record<string, string | string[] | undefined> | undefined;
  if (!subject) return { type: 'none' };
  const name = [subject.CN ?? []].flat().at(-1);
  if (!socket.authorized || !name) return { type: 'unverified' };
  return { type: 'certificate', user: { name, groups: [...[subject.O ?? []].flat(), AUTHENTICATED] } };
}
