/** A token and when it was, and will no longer be, good. */
export interface GrantedToken {
  readonly token: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

const LIFE_BEFORE_RENEWAL = 0.8;
const LONGEST_MS = 24 * 60 * 60 * 1000;
/** Tokens that were had together are not renewed together. */
const MOST_SPREAD = 0.05;

/**
 * When to ask for the next one: at 80 % of its life, or when it is a day old (Kubernetes, "ServiceAccount token volume projection"),
 * a little earlier by `share` (0..1).
 */
export function renewAtMs({ issuedAtMs, expiresAtMs }: GrantedToken, share: number): number {
  const life = Math.min((expiresAtMs - issuedAtMs) * LIFE_BEFORE_RENEWAL, LONGEST_MS);
  return issuedAtMs + life * (1 - MOST_SPREAD * share);
}

/** Reads the times out of a token (RFC 7519); undefined for what is none. The signature is for others to look at. */
export function readToken(token: string): GrantedToken | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const { iat, exp } = claims as { iat?: unknown; exp?: unknown };
    if (typeof iat !== 'number' || typeof exp !== 'number') return undefined;
    return { token, issuedAtMs: iat * 1000, expiresAtMs: exp * 1000 };
  } catch {
    return undefined;
  }
}
