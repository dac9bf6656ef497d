import { serviceAccountGroups, serviceAccountUser } from '../../../api/authentication/service-account-user.ts';
import { secrets } from '../../../api/core/secret.ts';
import { serviceAccounts } from '../../../api/core/service-account.ts';
import type { CacheReader } from '../../store/cache.ts';
import { claimedIssuer, TokenRefused, verifyToken } from '../tokens/jwt.ts';
import { LEGACY_ISSUER, type LegacyClaims, readLegacyClaims } from '../tokens/legacy-token.ts';
import type { ServiceAccountTokensOptions } from './service-account-tokens.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';
import { sameSecret } from './token-file.ts';

/** Tokens that are kept in Secrets. They are meant for the API alone. */
export function legacyTokens(
  { key, view, clock }: ServiceAccountTokensOptions,
  own: readonly string[],
): TokenAuthenticator {
  return {
    async authenticate(token, audiences) {
      if (claimedIssuer(token) !== LEGACY_ISSUER) return undefined;
      const expected = { issuer: LEGACY_ISSUER, clock, algorithms: [key.algorithm] };
      const claims = readLegacyClaims(await verifyToken(token, key.publicKey, expected));
      const holds = () => claims !== undefined && stands(claims, token, view);
      if (!claims || !holds())
        throw new TokenRefused('the Secret of the token, or its service account, is no longer there');
      if (!audiences.some((audience) => own.includes(audience)))
        throw new TokenRefused('the token is meant for the API alone');
      const user = {
        name: serviceAccountUser(claims.namespace, claims.accountName),
        uid: claims.accountUid,
        groups: serviceAccountGroups(claims.namespace),
      };
      return { user, audiences: own, holds };
    },
  };
}

function stands(
  { namespace, secretName, accountName, accountUid }: LegacyClaims,
  token: string,
  view: CacheReader,
): boolean {
  const account = view.get(serviceAccounts, namespace, accountName);
  const secret = view.get(secrets, namespace, secretName);
  if (account?.metadata?.uid !== accountUid || !secret || secret.metadata?.deletionTimestamp) return false;
  return sameSecret(Buffer.from(secret.data?.token ?? '', 'base64').toString('utf8'), token);
}
