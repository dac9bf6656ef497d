import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../platform/clock.ts';
import type { Service } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/log.ts';
import type { AuditTrail } from '../apiserver/audit/trail.ts';
import type { RequestInfo } from '../apiserver/request.ts';
import type { AdmissionRule } from '../objects/admission/admission.ts';
import type { Cache } from '../store/cache.ts';
import type { User } from '../user.ts';
import { Authenticator } from './authentication/authenticator.ts';
import { bootstrapTokens } from './authentication/bootstrap-tokens.ts';
import type { Credential } from './authentication/credential.ts';
import { impersonated } from './authentication/impersonation.ts';
import { legacyTokens } from './authentication/legacy-tokens.ts';
import { type OidcOptions, OidcTokens } from './authentication/oidc.ts';
import { serviceAccountTokens } from './authentication/service-account-tokens.ts';
import type { TokenAuthenticator } from './authentication/token-authenticator.ts';
import type { Action, Authorizer } from './authorization/authorizer.ts';
import { forbiddenAction } from './authorization/forbidden.ts';
import { NodeAuthorizer } from './authorization/node.ts';
import { nodeRestriction } from './authorization/node-restriction.ts';
import { RbacAuthorizer } from './authorization/rbac.ts';
import { RbacIndex } from './authorization/rbac-index.ts';
import { actionOf } from './authorization/request-action.ts';
import { roleGuard } from './authorization/role-guard.ts';
import { allowAll, StandardAuthorizer } from './authorization/standard.ts';
import type { SigningKey } from './tokens/jwt.ts';

export type AuthorizationMode = 'RBAC' | 'AlwaysAllow';

/** What service-account tokens say who made them, and for whom they are meant unless told otherwise. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

export interface AuthOptions {
  readonly cache: Cache;
  readonly clock: Clock;
  readonly log: Logger;
  readonly serviceAccountKey: SigningKey;
  /** Default RBAC. */
  readonly mode?: AuthorizationMode;
  /** Tokens that are known beforehand (`token-file.ts`). */
  readonly staticTokens?: TokenAuthenticator;
  readonly oidc?: OidcOptions;
  /** See `AuthenticatorOptions`. */
  readonly isRevoked?: (userName: string, issuedMs: number) => boolean;
}

/** What of a request says who asks, and for what. */
interface AskedFor {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly trail?: AuditTrail;
}

/**
 * Who asks, and what they may do.
 *
 * Owns: the index of bindings, which follows the cache from `start` to `stop`.
 */
export class Auth implements Service {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** What no role can allow: giving away more than one has, and nodes that write about others. */
  readonly admission: readonly AdmissionRule[];
  readonly serviceAccountKey: SigningKey;
  readonly issuer = ISSUER;
  readonly #index: RbacIndex;

  constructor(options: AuthOptions) {
    const { cache, clock, log, mode = 'RBAC', serviceAccountKey, isRevoked } = options;
    this.serviceAccountKey = serviceAccountKey;
    this.#index = new RbacIndex(cache);
    const roles = new RbacAuthorizer(this.#index, cache);
    const standard = new StandardAuthorizer([new NodeAuthorizer(cache), roles]);
    this.authorizer = mode === 'AlwaysAllow' ? allowAll : standard;
    this.admission = mode === 'AlwaysAllow' ? [nodeRestriction] : [roleGuard(this.authorizer), nodeRestriction];
    this.authenticator = new Authenticator({ tokens: tokenChain(options), audiences: [ISSUER], isRevoked, clock, log });
  }

  /** Who a request is answered as. Rejects with 401 for credentials that are no good, and with 403 for what he may not do. */
  async admit(credential: Credential, request: AskedFor, info: RequestInfo): Promise<User> {
    const known = this.authenticator.identify(credential, request.headers);
    const asker = known instanceof Promise ? await known : known;
    request.trail?.identified(asker);
    const user = impersonated(asker, request.headers, this.authorizer);
    if (user !== asker) request.trail?.identified(asker, user);
    const action = actionOf(info, request.method, request.path, request.query);
    this.require(user, action, request.trail);
    return user;
  }

  /** Throws 403 unless the user may do this. */
  require(user: User, action: Action, trail?: AuditTrail): void {
    const verdict = this.authorizer.authorize(user, action);
    trail?.decided(verdict);
    if (!verdict.allowed) throw forbiddenAction(user, action, verdict.reason);
  }

  async start(): Promise<void> {
    this.#index.start();
  }

  async stop(): Promise<void> {
    this.#index.stop();
  }
}

function tokenChain({
  cache: view,
  clock,
  serviceAccountKey: key,
  staticTokens,
  oidc,
}: AuthOptions): TokenAuthenticator[] {
  const accounts = { key, issuer: ISSUER, view, clock };
  return [
    ...(staticTokens ? [staticTokens] : []),
    serviceAccountTokens(accounts),
    legacyTokens(accounts, [ISSUER]),
    bootstrapTokens(view, clock),
    ...(oidc ? [new OidcTokens(oidc, clock)] : []),
  ];
}
