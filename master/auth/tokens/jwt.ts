import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  exportJWK,
  type FetchImplementation,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { Clock } from '../../../platform/clock.ts';

/** The one place that knows the token library. JSON Web Tokens (RFC 7519), signed (RFC 7515). */

export type Claims = Readonly<Record<string, unknown>>;

/** A key pair for tokens. The algorithm follows from the key, never from a token. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly algorithm: 'RS256' | 'ES256';
  /** Digest of the public key, which names it to verifiers. */
  readonly id: string;
}

/** Reads an RSA or a P-256 private key in PEM. Throws for any other. */
export function signingKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return {
    privateKey,
    publicKey,
    algorithm: algorithmOf(privateKey),
    id: createHash('sha256').update(der).digest('base64url'),
  };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SigningKey['algorithm'] {
  if (asymmetricKeyType === 'rsa') return 'RS256';
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  throw new Error(`a key for tokens must be RSA or P-256, but this one is ${asymmetricKeyType}`);
}

/** Signs off the main thread. */
export function signToken({ privateKey, algorithm, id }: SigningKey, claims: Claims): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: id }).sign(privateKey);
}

/** Signs at once, for decisions, which cannot wait; about a millisecond with RSA. */
export function signTokenNow({ privateKey, algorithm, id }: SigningKey, claims: Claims): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: algorithm, kid: id })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** The public half as JWKs (RFC 7517), for others who verify our tokens. */
export async function publicKeySet({ publicKey, algorithm, id }: SigningKey): Promise<{ keys: Claims[] }> {
  return { keys: [{ ...(await exportJWK(publicKey)), use: 'sig', kid: id, alg: algorithm }] };
}

/** The issuer a token claims to be of, unverified: only to find who could verify it. */
export function claimedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

export interface Expectation {
  readonly issuer: string;
  readonly algorithms: readonly string[];
  /** Any of these; not looked at where absent. */
  readonly audiences?: readonly string[];
  readonly clock: Clock;
  /** Clocks of other machines may be this far from ours. */
  readonly toleranceSeconds?: number;
}

/** The claims of a token that is sound, meant for us and not run out. Throws {@link TokenRefused} otherwise. */
export async function verifyToken(
  token: string,
  key: KeyObject | JWTVerifyGetKey,
  expected: Expectation,
): Promise<Claims> {
  const options = {
    issuer: expected.issuer,
    algorithms: [...expected.algorithms],
    currentDate: new Date(expected.clock.now()),
    clockTolerance: expected.toleranceSeconds ?? 0,
    ...(expected.audiences && { audience: [...expected.audiences] }),
  };
  try {
    const { payload } =
      typeof key === 'function' ? await jwtVerify(token, key, options) : await jwtVerify(token, key, options);
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new TokenRefused(error.message, { cause: error });
    throw error;
  }
}

/** The token is not good, for the reason in the message. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

/** Keys that an issuer publishes: fetched when first needed, kept for a while, fetched again for a key not seen before. */
export function remoteKeys(url: string, fetchWith: FetchImplementation): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), { [customFetch]: fetchWith });
}
