import { Agent, request } from 'node:https';
import type { FetchImplementation, JWTVerifyGetKey } from 'jose';
import type { Clock } from '../../../platform/clock.ts';
import { type Claims, claimedIssuer, remoteKeys, TokenRefused, verifyToken } from '../tokens/jwt.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';

/** Tokens of an OpenID Connect provider (Kubernetes docs, "Authenticating", OpenID Connect Tokens). */
export interface OidcOptions {
  /** `https://...`; must be what the provider calls itself. */
  readonly issuerUrl: string;
  readonly clientId: string;
  /** Default `sub`. */
  readonly usernameClaim?: string;
  /** Default: the issuer and `#`, but nothing for the claim `email`. `-`: nothing. */
  readonly usernamePrefix?: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix?: string;
  /** Claims a token must have, with their values. */
  readonly requiredClaims?: Readonly<Record<string, string>>;
  /** Whom to trust for the provider's certificate (PEM). Default: whom the system trusts. */
  readonly caPem?: string;
}

/** Asymmetric ones only: who could read a shared key could forge. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'EdDSA'];
const TOLERANCE_SECONDS = 10;
const FETCH_TIMEOUT_MS = 10_000;
const MOST_BYTES = 1 << 20;
/** After the provider could not be asked, it is left alone this long. */
const RETRY_MS = 10_000;

/** Owns: the provider's keys, once it has been asked for them. */
export class OidcTokens implements TokenAuthenticator {
  readonly #options: OidcOptions;
  readonly #clock: Clock;
  readonly #fetch: FetchImplementation;
  #keys: Promise<JWTVerifyGetKey> | undefined;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: OidcOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#fetch = fetchOver(new Agent({ ca: options.caPem, keepAlive: true }));
  }

  async authenticate(token: string): ReturnType<TokenAuthenticator['authenticate']> {
    const { issuerUrl: issuer, clientId } = this.#options;
    if (claimedIssuer(token) !== issuer) return undefined;
    const keys = await this.#providerKeys();
    const claims = await verifyToken(token, keys, {
      issuer,
      audiences: [clientId],
      algorithms: ALGORITHMS,
      clock: this.#clock,
      toleranceSeconds: TOLERANCE_SECONDS,
    });
    if (typeof claims.exp !== 'number') throw new TokenRefused('the token has no end (claim exp)');
    const user = { name: userName(claims, this.#options), groups: groupsOf(claims, this.#options) };
    refuseWithout(claims, this.#options.requiredClaims ?? {});
    return { user, expiresAtMs: claims.exp * 1000 };
  }

  /** The provider is asked at the first token, so that a cell starts without it. */
  async #providerKeys(): Promise<JWTVerifyGetKey> {
    if (!this.#keys && this.#clock.monotonicMs() < this.#failedAtMs + RETRY_MS)
      throw new TokenRefused(`${this.#options.issuerUrl} could not be asked for its keys a moment ago`);
    this.#keys ??= this.#discover();
    try {
      return await this.#keys;
    } catch (cause) {
      this.#keys = undefined;
      this.#failedAtMs = this.#clock.monotonicMs();
      throw new TokenRefused(`cannot ask ${this.#options.issuerUrl} for its keys: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const { issuerUrl } = this.#options;
    const url = `${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const answer = await this.#fetch(url, {
      method: 'GET',
      headers: new Headers(),
      redirect: 'manual',
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
    const { issuer, jwks_uri: keysUrl } = (await answer.json()) as { issuer?: string; jwks_uri?: string };
    if (issuer !== issuerUrl) throw new Error(`${url} speaks for the issuer ${JSON.stringify(issuer)}`);
    if (!keysUrl?.startsWith('https://')) throw new Error(`${url} names no https address of its keys (jwks_uri)`);
    return remoteKeys(keysUrl, this.#fetch);
  }
}

function userName(claims: Claims, { usernameClaim = 'sub', usernamePrefix, issuerUrl }: OidcOptions): string {
  const value = claims[usernameClaim];
  if (typeof value !== 'string' || value === '') throw new TokenRefused(`the token has no claim ${usernameClaim}`);
  // A provider that says it has not checked an address does not vouch for whose it is.
  if (usernameClaim === 'email' && claims.email_verified !== undefined && claims.email_verified !== true)
    throw new TokenRefused('the e-mail address in the token has not been verified');
  const standard = usernameClaim === 'email' ? '' : `${issuerUrl}#`;
  const prefix = usernamePrefix === '-' ? '' : (usernamePrefix ?? standard);
  return `${prefix}${value}`;
}

function groupsOf(claims: Claims, { groupsClaim, groupsPrefix = '' }: OidcOptions): string[] {
  const value = groupsClaim === undefined ? undefined : claims[groupsClaim];
  if (value === undefined) return [];
  const groups = [value].flat();
  if (!groups.every((group) => typeof group === 'string'))
    throw new TokenRefused(`the claim ${groupsClaim} must be a text or a list of texts`);
  return groups.map((group) => `${groupsPrefix}${group}`);
}

function refuseWithout(claims: Claims, required: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(required)) {
    if (claims[name] !== value) throw new TokenRefused(`the claim ${name} must be ${JSON.stringify(value)}`);
  }
}

/** GET over an agent that trusts whom we say: the built-in fetch takes no authority of its own. Bounded in time and size. */
function fetchOver(agent: Agent): FetchImplementation {
  return (url, { signal }) =>
    new Promise((resolve, reject) => {
      const sent = request(url, { agent, signal }, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MOST_BYTES) sent.destroy(new Error(`${url} answered with more than ${MOST_BYTES} bytes`));
          else chunks.push(chunk);
        });
        response.once('error', reject);
        response.once('end', () =>
          resolve(new Response(Buffer.concat(chunks), { status: response.statusCode ?? 500 })),
        );
      });
      sent.once('error', reject);
      sent.setTimeout(FETCH_TIMEOUT_MS, () =>
        sent.destroy(new Error(`${url} did not answer within ${FETCH_TIMEOUT_MS} ms`)),
      );
      sent.end();
    });
}
