import type { TLSSocket } from 'node:tls';
import { unauthorized } from '../../api/meta/errors.ts';
import type { User } from '../user.ts';
import type { RequestInfo } from './request.ts';

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** What a connection proves about its client. */
export type Credential =
  | { readonly type: 'none' }
  | { readonly type: 'certificate'; readonly user: User }
  /** A certificate that this cell's authority did not issue, or that has run out. */
  | { readonly type: 'unverified' };

/** Reads the client certificate: its common name is the user, its organizations are the groups (Kubernetes, "Authenticating"). */
export function credentialOf(socket: TLSSocket): Credential {
  const subject = socket.getPeerCertificate()?.subject as Record<string, string | string[] | undefined> | undefined;
  if (!subject) return { type: 'none' };
  const name = [subject.CN ?? []].flat().at(-1);
  if (!socket.authorized || !name) return { type: 'unverified' };
  return { type: 'certificate', user: { name, groups: [...[subject.O ?? []].flat(), 'system:authenticated'] } };
}

/** What anybody may ask: is it alive, and what is it. */
const isPublic = (info: RequestInfo): boolean => info.type === 'health' || info.type === 'version';

/** The user who asks. Throws 401 where nobody in particular may not. */
export function authenticate(credential: Credential, info: RequestInfo): User {
  if (credential.type === 'certificate') return credential.user;
  if (credential.type === 'none' && isPublic(info)) return ANONYMOUS;
  throw unauthorized();
}
