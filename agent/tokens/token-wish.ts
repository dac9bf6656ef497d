import { type Pod, podKey, specOf } from '../pod-types.ts';

/** A token that a pod's volumes show. Two files with the same wish show the same token. */
export interface TokenWish {
  /** For whom it is meant; undefined: the API server. */
  readonly audience: string | undefined;
  readonly seconds: number;
}

/** A `serviceAccountToken` of a projected volume, as the API has it. */
interface TokenProjection {
  readonly audience?: string;
  readonly expirationSeconds?: number;
  readonly path: string;
}

const DEFAULT_SECONDS = 3600;

export const wishOf = ({ audience, expirationSeconds }: TokenProjection): TokenWish => ({
  audience: audience || undefined,
  seconds: expirationSeconds ?? DEFAULT_SECONDS,
});

export const wishKey = ({ audience = '', seconds }: TokenWish): string => `${seconds} ${audience}`;

/** A place where a pod's volumes show a token. */
export interface TokenPlace {
  readonly wish: TokenWish;
  readonly volume: string;
  readonly path: string;
}

/** Every token that a pod's volumes show, each wish once. */
export function tokenPlaces(pod: Pod): TokenPlace[] {
  const places = new Map<string, TokenPlace>();
  for (const { name, projected } of specOf(pod).volumes ?? [])
    for (const { serviceAccountToken } of projected?.sources ?? []) {
      if (!serviceAccountToken) continue;
      const place = { wish: wishOf(serviceAccountToken), volume: name, path: serviceAccountToken.path };
      places.set(wishKey(place.wish), place);
    }
  return [...places.values()];
}

/** The TokenRequest for a wish: its path and body. The token ends with the pod. */
export function tokenRequest(pod: Pod, { audience, seconds }: TokenWish): { path: string; body: object } {
  const { namespace, name, uid } = podKey(pod);
  const account = specOf(pod).serviceAccountName ?? 'default';
  return {
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(audience !== undefined && { audiences: [audience] }),
        expirationSeconds: seconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    },
  };
}

const OWNER_ONLY = 0o600;

/**
 * Mode and owner of a token's file (Kubernetes, "Configure Service Accounts for Pods": the file is for its user where all containers
 * run as one, and for the group of the pod's volumes where it has one).
 */
export function tokenAccess(pod: Pod, mode: number): { mode: number; uid?: number } {
  const spec = specOf(pod);
  const common = spec.securityContext?.runAsUser;
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const users = new Set(containers.map(({ securityContext }) => securityContext?.runAsUser ?? common));
  const [uid] = users.size === 1 ? users : [];
  const isNarrow = uid !== undefined || spec.securityContext?.fsGroup !== undefined;
  return { mode: isNarrow ? OWNER_ONLY : mode, ...(uid !== undefined && { uid }) };
}
