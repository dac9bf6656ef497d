import type { IncomingHttpHeaders } from 'node:http';
import { unauthorized } from '../../../api/meta/errors.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Logger } from '../../../platform/log.ts';
import type { User } from '../../user.ts';
import { TokenRefused } from '../tokens/jwt.ts';
import { AUTHENTICATED, type Credential } from './credential.ts';
import type { Bearer, TokenAuthenticator } from './token-authenticator.ts';
import { TokenCache } from './token-cache.ts';

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

const LONGEST_TOKEN = 16 * 1024;

export interface AuthenticatorOptions {
  /** In the order in which they are asked. */
  readonly tokens: readonly TokenAuthenticator[];
  /** For whom a token must be meant that is to be a credential here. */
  readonly audiences: readonly string[];
  /** Whether a user's certificate that was made then is good no more. Default: none is. */
  readonly isRevoked?: (userName: string, issuedMs: number) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Finds out who asks: by the connection's certificate, else by the bearer token; who shows neither is anonymous.
 *
 * Owns: the cache of tokens that were found good.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #known: TokenCache;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#known = new TokenCache(options.clock);
  }

  /** At once for certificates and tokens seen a moment ago. Throws or rejects with 401 for credentials that are no good. */
  identify(credential: Credential, headers: IncomingHttpHeaders): User | Promise<User> {
    if (credential.type === 'certificate') {
      const { user, issuedMs = 0 } = credential;
      if (this.#options.isRevoked?.(user.name, issuedMs)) throw unauthorized();
      return user;
    }
    const token = bearerToken(headers.authorization);
    if (token === undefined) {
      if (credential.type === 'unverified') throw unauthorized();
      return ANONYMOUS;
    }
    return this.#known.get(token)?.user ?? this.#identifyToken(token);
  }

  /** Whose a token is that is meant for one of these audiences; `undefined` where it is no good. Does not trust the cache. */
  async review(token: string, audiences: readonly string[] = this.#options.audiences): Promise<Bearer | undefined> {
    if (token.length > LONGEST_TOKEN) return undefined;
    for (const each of this.#options.tokens) {
      try {
        const bearer = await each.authenticate(token, audiences);
        if (bearer) return { ...bearer, user: withAuthenticated(bearer.user) };
      } catch (error) {
        if (!(error instanceof TokenRefused)) throw error;
        this.#options.log.debug({ why: error.message }, 'a bearer token was refused');
        return undefined;
      }
    }
    return undefined;
  }

  get audiences(): readonly string[] {
    return this.#options.audiences;
  }

  async #identifyToken(token: string): Promise<User> {
    const bearer = await this.review(token);
    if (!bearer) throw unauthorized();
    this.#known.set(token, bearer);
    return bearer.user;
  }
}

const withAuthenticated = (user: User): User =>
  user.groups.includes(AUTHENTICATED) ? user : { ...user, groups: [...user.groups, AUTHENTICATED] };

function bearerToken(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /^bearer +(\S+) *$/i.exec(authorization)?.[1];
}
