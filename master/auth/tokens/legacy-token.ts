import { serviceAccountUser } from '../../../api/authentication/service-account-user.ts';
import type { Secret } from '../../../api/core/secret.ts';
import type { ServiceAccount } from '../../../api/core/service-account.ts';
import type { Claims } from './jwt.ts';

/** Tokens kept in Secrets of the type `kubernetes.io/service-account-token`: without an end, good while the Secret is there. */

export const LEGACY_ISSUER = 'kubernetes/serviceaccount';
export const ACCOUNT_TOKEN_TYPE = 'kubernetes.io/service-account-token';
export const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
export const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

const CLAIM = 'kubernetes.io/serviceaccount';

export interface LegacyClaims {
  readonly namespace: string;
  readonly secretName: string;
  readonly accountName: string;
  readonly accountUid: string;
}

export function legacyClaims(secret: Secret, account: ServiceAccount): Claims {
  const { namespace = '', name = '', uid = '' } = account.metadata ?? {};
  return {
    iss: LEGACY_ISSUER,
    sub: serviceAccountUser(namespace, name),
    [`${CLAIM}/namespace`]: namespace,
    [`${CLAIM}/secret.name`]: secret.metadata?.name ?? '',
    [`${CLAIM}/service-account.name`]: name,
    [`${CLAIM}/service-account.uid`]: uid,
  };
}

/** `undefined` where one is missing or the subject is another's. */
export function readLegacyClaims(claims: Claims): LegacyClaims | undefined {
  const text = (name: string) => {
    const value = claims[`${CLAIM}/${name}`];
    return typeof value === 'string' ? value : '';
  };
  const found = {
    namespace: text('namespace'),
    secretName: text('secret.name'),
    accountName: text('service-account.name'),
    accountUid: text('service-account.uid'),
  };
  const whole = Object.values(found).every((value) => value !== '');
  return whole && claims.sub === serviceAccountUser(found.namespace, found.accountName) ? found : undefined;
}
