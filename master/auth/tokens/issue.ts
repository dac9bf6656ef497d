import { serviceAccountUser } from '../../../api/authentication/service-account-user.ts';
import type { ServiceAccount } from '../../../api/core/service-account.ts';
import type { KubernetesClaim, ObjectClaim } from '../authentication/service-account-tokens.ts';
import type { Claims } from './jwt.ts';

export interface TokenWish {
  readonly issuer: string;
  readonly account: ServiceAccount;
  readonly audiences: readonly string[];
  readonly seconds: number;
  readonly bound: Pick<KubernetesClaim, 'pod' | 'secret' | 'node'>;
}

/** The claims of a new token (Kubernetes docs, "Managing Service Accounts": schema of tokens). Times are whole seconds. */
export function tokenClaims(
  { issuer, account, audiences, seconds, bound }: TokenWish,
  nowMs: number,
  id: string,
): Claims {
  const { namespace = '', name = '', uid = '' } = account.metadata ?? {};
  const now = Math.floor(nowMs / 1000);
  const serviceaccount: ObjectClaim = { name, uid };
  const claim: KubernetesClaim = { namespace, serviceaccount, ...bound };
  return {
    aud: audiences,
    exp: now + seconds,
    iat: now,
    iss: issuer,
    jti: id,
    'kubernetes.io': claim,
    nbf: now,
    sub: serviceAccountUser(namespace, name),
  };
}
