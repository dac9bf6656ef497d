import { type Answer, json } from '../apiserver/answer.ts';
import type { Auth } from './auth.ts';
import { publicKeySet } from './tokens/jwt.ts';

export type OpenIdDocument = 'configuration' | 'keys';

const KEPT = { 'cache-control': 'public, max-age=3600' };

/** What others need to verify our tokens (Kubernetes docs, "Configure Service Accounts": issuer discovery). `host`: as the asker knows us. */
export async function openId(
  { issuer, serviceAccountKey }: Auth,
  document: OpenIdDocument,
  host: string,
): Promise<Answer> {
  if (document === 'keys') {
    const answer = json(200, await publicKeySet(serviceAccountKey), KEPT);
    return { ...answer, contentType: 'application/jwk-set+json' };
  }
  const configuration = {
    issuer,
    jwks_uri: `https://${host}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [serviceAccountKey.algorithm],
  };
  return json(200, configuration, KEPT);
}
