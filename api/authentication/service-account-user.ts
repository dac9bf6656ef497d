/** Who a service account is to authorization (Kubernetes docs, "Managing Service Accounts"). */

const USER_PREFIX = 'system:serviceaccount:';
const GROUP = 'system:serviceaccounts';

export const serviceAccountUser = (namespace: string, name: string): string => `${USER_PREFIX}${namespace}:${name}`;

export const serviceAccountGroups = (namespace: string): string[] => [GROUP, `${GROUP}:${namespace}`];

/** The service account a user is, if it is one. */
export function serviceAccountOf(userName: string): { namespace: string; name: string } | undefined {
  if (!userName.startsWith(USER_PREFIX)) return undefined;
  const [namespace, name, ...more] = userName.slice(USER_PREFIX.length).split(':');
  return namespace && name && more.length === 0 ? { namespace, name } : undefined;
}
