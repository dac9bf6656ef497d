import { secrets } from '../../api/core/secret.ts';
import { BOOTSTRAP_NAMESPACE, BOOTSTRAP_TOKEN_TYPE, expiryOf } from '../auth/authentication/bootstrap-tokens.ts';
import { type Controller, keyOf, lookUp, watch } from './kit/controller.ts';
import { remove, wake } from './kit/decision.ts';

/** Removes bootstrap tokens that have run out (Kubernetes docs, "Authenticating with Bootstrap Tokens": token cleaner). */
export const bootstrapTokenCleaner: Controller = {
  name: 'tokencleaner',
  watches: [
    watch(secrets, ({ type, object }) => {
      const isToken = object.type === BOOTSTRAP_TOKEN_TYPE && object.metadata?.namespace === BOOTSTRAP_NAMESPACE;
      return isToken && type !== 'deleted' ? [keyOf(object)] : [];
    }),
  ],
  reconcile(view, key, nowMs) {
    const secret = lookUp(view, secrets, key);
    if (!secret || secret.metadata?.deletionTimestamp) return [];
    const expiresAtMs = expiryOf(secret);
    if (expiresAtMs === undefined) return [];
    return expiresAtMs <= nowMs ? [remove(secrets, secret)] : [wake(expiresAtMs - nowMs)];
  },
};
