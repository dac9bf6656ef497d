import { serviceAccountGroups, serviceAccountUser } from '../../../api/authentication/service-account-user.ts';
import { nodes } from '../../../api/core/node.ts';
import { pods } from '../../../api/core/pod.ts';
import { secrets } from '../../../api/core/secret.ts';
import { serviceAccounts } from '../../../api/core/service-account.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type Claims, claimedIssuer, type SigningKey, TokenRefused, verifyToken } from '../tokens/jwt.ts';
import type { Bearer, TokenAuthenticator } from './token-authenticator.ts';

/** An object in claims: enough to tell it from a namesake made later. */
export interface ObjectClaim {
  readonly name: string;
  readonly uid: string;
}

/** The claim `kubernetes.io` (Kubernetes docs, "Managing Service Accounts": bound tokens). */
export interface KubernetesClaim {
  readonly namespace: string;
  readonly serviceaccount: ObjectClaim;
  readonly pod?: ObjectClaim;
  readonly secret?: ObjectClaim;
  readonly node?: ObjectClaim;
}

export interface ServiceAccountTokensOptions {
  readonly key: SigningKey;
  readonly issuer: string;
  readonly view: CacheReader;
  readonly clock: Clock;
}

const EXTRA = 'authentication.kubernetes.io';
/** What a pod's token outlives it by: a pod that ends may still have something to say. */
const ENDING_GRACE_MS = 60_000;

/** Tokens of service accounts as issued by the `token` subresource: good while the account and what they are bound to exist. */
export function serviceAccountTokens(options: ServiceAccountTokensOptions): TokenAuthenticator {
  return {
    async authenticate(token, audiences) {
      if (claimedIssuer(token) !== options.issuer) return undefined;
      const { issuer, clock, key } = options;
      const expected = { issuer, clock, audiences, algorithms: [key.algorithm] };
      const claims = await verifyToken(token, key.publicKey, expected);
      return bearerOf(claims, options);
    },
  };
}

function bearerOf(claims: Claims, { view, clock }: ServiceAccountTokensOptions): Bearer {
  const claim = kubernetesClaim(claims);
  const holds = () => stands(claim, view, clock.now());
  if (!holds()) throw new TokenRefused('the service account, or what the token is bound to, is no longer there');
  return {
    user: {
      name: serviceAccountUser(claim.namespace, claim.serviceaccount.name),
      uid: claim.serviceaccount.uid,
      groups: serviceAccountGroups(claim.namespace),
      extra: extraOf(claims, claim),
    },
    audiences: [claims.aud ?? []].flat() as string[],
    expiresAtMs: Number(claims.exp) * 1000,
    holds,
  };
}

function kubernetesClaim(claims: Claims): KubernetesClaim {
  const claim = claims['kubernetes.io'] as Partial<KubernetesClaim> | undefined;
  const { namespace, serviceaccount, pod, secret, node } = claim ?? {};
  const isSound = (object: Partial<ObjectClaim> | undefined) =>
    typeof object?.name === 'string' && typeof object.uid === 'string';
  const bound = [pod, secret, node].filter((object) => object !== undefined);
  if (typeof namespace !== 'string' || !isSound(serviceaccount) || !bound.every(isSound) || !claims.exp)
    throw new TokenRefused('the token lacks the claims of a service account');
  if (claims.sub !== serviceAccountUser(namespace, serviceaccount!.name))
    throw new TokenRefused('the subject of the token is another than its service account');
  return claim as KubernetesClaim;
}

/** Whether the account and what the token is bound to are the objects they were. */
function stands(claim: KubernetesClaim, view: CacheReader, nowMs: number): boolean {
  const { namespace, serviceaccount, pod, secret, node } = claim;
  const account = view.get(serviceAccounts, namespace, serviceaccount.name);
  return (
    isThere(account, serviceaccount, nowMs) &&
    (!pod || isThere(find(view, pods, namespace, pod), pod, nowMs)) &&
    (!secret || isThere(find(view, secrets, namespace, secret), secret, nowMs)) &&
    // Of a pod's token the node is only told, not asked for: the pod stands for it.
    (!node || pod !== undefined || isThere(find(view, nodes, undefined, node), node, nowMs))
  );
}

const find = <T extends ApiObject>(
  view: CacheReader,
  resource: ResourceDefinition<T>,
  namespace: string | undefined,
  { name }: ObjectClaim,
): ApiObject | undefined => view.get(resource, namespace, name);

function isThere(object: ApiObject | undefined, { uid }: ObjectClaim, nowMs: number): boolean {
  if (object?.metadata?.uid !== uid) return false;
  const { deletionTimestamp } = object.metadata;
  return !deletionTimestamp || Date.parse(deletionTimestamp) + ENDING_GRACE_MS > nowMs;
}

/** What is known of the token's bearer beside the account (Kubernetes docs, "Authenticating": extra of service accounts). */
function extraOf({ jti }: Claims, { pod, node }: KubernetesClaim): Record<string, string[]> {
  return {
    ...(typeof jti === 'string' && { [`${EXTRA}/credential-id`]: [`JTI=${jti}`] }),
    ...(pod && { [`${EXTRA}/pod-name`]: [pod.name], [`${EXTRA}/pod-uid`]: [pod.uid] }),
    ...(node && { [`${EXTRA}/node-name`]: [node.name], [`${EXTRA}/node-uid`]: [node.uid] }),
  };
}
