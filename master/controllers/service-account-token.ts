import { type Secret, secrets } from '../../api/core/secret.ts';
import { serviceAccounts } from '../../api/core/service-account.ts';
import { type SigningKey, signTokenNow } from '../auth/tokens/jwt.ts';
import { ACCOUNT_NAME, ACCOUNT_TOKEN_TYPE, ACCOUNT_UID, legacyClaims } from '../auth/tokens/legacy-token.ts';
import { type Controller, keyOf, lookUp, watch } from './kit/controller.ts';
import { remove, update } from './kit/decision.ts';

export interface ServiceAccountTokenOptions {
  readonly key: SigningKey;
  /** The cell's authority, in PEM. */
  readonly caPem: string;
}

/**
 * Fills Secrets that ask for a token of a service account, and removes them with the account (Kubernetes docs, "Managing Service
 * Accounts": token controller).
 */
export function serviceAccountTokenController({ key, caPem }: ServiceAccountTokenOptions): Controller {
  return {
    name: 'serviceaccount-token',
    watches: [
      watch(secrets, ({ type, object }) => (type !== 'deleted' && isAccountToken(object) ? [keyOf(object)] : [])),
      watch(serviceAccounts, ({ object }, view) =>
        view
          .list(secrets, object.metadata?.namespace)
          .filter((secret) => isAccountToken(secret) && accountOf(secret) === object.metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile(view, secretKey) {
      const secret = lookUp(view, secrets, secretKey);
      if (!secret || !isAccountToken(secret) || secret.metadata?.deletionTimestamp) return [];
      const { annotations = {}, namespace = '' } = secret.metadata ?? {};
      const account = view.get(serviceAccounts, namespace, accountOf(secret));
      const uid = account?.metadata?.uid ?? '';
      if (!account || (annotations[ACCOUNT_UID] && annotations[ACCOUNT_UID] !== uid)) return [remove(secrets, secret)];
      const wanted = { 'ca.crt': base64(caPem), namespace: base64(namespace) };
      const isFilled =
        secret.data?.token && Object.entries(wanted).every(([name, value]) => secret.data?.[name] === value);
      if (isFilled && annotations[ACCOUNT_UID]) return [];
      const token = secret.data?.token || base64(signTokenNow(key, legacyClaims(secret, account)));
      return [
        update(secrets, secret, (current) => {
          current.metadata = {
            ...current.metadata,
            annotations: { ...current.metadata?.annotations, [ACCOUNT_UID]: uid },
          };
          current.data = { ...current.data, ...wanted, token };
        }),
      ];
    },
  };
}

const isAccountToken = ({ type }: Secret): boolean => type === ACCOUNT_TOKEN_TYPE;
const accountOf = ({ metadata }: Secret): string => metadata?.annotations?.[ACCOUNT_NAME] ?? '';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
