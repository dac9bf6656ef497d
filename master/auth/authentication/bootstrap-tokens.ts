import { type Secret, secrets } from '../../../api/core/secret.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { TokenAuthenticator } from './token-authenticator.ts';
import { sameSecret } from './token-file.ts';

/** Short-lived tokens kept as Secrets, for machines that join (Kubernetes docs, "Authenticating with Bootstrap Tokens"). */

export const BOOTSTRAP_TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
export const BOOTSTRAP_NAMESPACE = 'kube-system';
const SECRET_PREFIX = 'bootstrap-token-';
const GROUP = 'system:bootstrappers';
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;

export function bootstrapTokens(view: CacheReader, clock: Clock): TokenAuthenticator {
  const secretOf = (id: string) => view.get(secrets, BOOTSTRAP_NAMESPACE, `${SECRET_PREFIX}${id}`);
  return {
    async authenticate(token) {
      const [, id = '', value = ''] = TOKEN.exec(token) ?? [];
      const secret = id ? secretOf(id) : undefined;
      if (!secret || !serves(secret, id, value, clock.now())) return undefined;
      const extra = extraGroups(secret);
      if (!extra) return undefined;
      const user = { name: `system:bootstrap:${id}`, groups: [GROUP, ...extra] };
      return { user, expiresAtMs: expiryOf(secret), holds: () => secretOf(id) === secret };
    },
  };
}

function serves(secret: Secret, id: string, value: string, nowMs: number): boolean {
  const expiresAtMs = expiryOf(secret);
  return (
    secret.type === BOOTSTRAP_TOKEN_TYPE &&
    !secret.metadata?.deletionTimestamp &&
    field(secret, 'token-id') === id &&
    sameSecret(field(secret, 'token-secret'), value) &&
    field(secret, 'usage-bootstrap-authentication') === 'true' &&
    (expiresAtMs === undefined || expiresAtMs > nowMs)
  );
}

/** When the token runs out; `undefined` for never. An expiration that is no time has passed. */
export function expiryOf(secret: Secret): number | undefined {
  const text = field(secret, 'expiration');
  if (text === '') return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? 0 : time;
}

/** Groups beyond the one all have; `undefined` where one may not be had this way. */
function extraGroups(secret: Secret): string[] | undefined {
  const text = field(secret, 'auth-extra-groups');
  const groups = [...new Set(text === '' ? [] : text.split(',').map((group) => group.trim()))].sort();
  return groups.every((group) => EXTRA_GROUP.test(group)) ? groups : undefined;
}

const field = ({ data = {} }: Secret, key: string): string =>
  Object.hasOwn(data, key) ? Buffer.from(data[key] ?? '', 'base64').toString('utf8') : '';
