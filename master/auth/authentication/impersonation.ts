import type { IncomingHttpHeaders } from 'node:http';
import { serviceAccountGroups, serviceAccountOf } from '../../../api/authentication/service-account-user.ts';
import { badRequest } from '../../../api/meta/errors.ts';
import type { User } from '../../user.ts';
import type { Authorizer, ResourceAction } from '../authorization/authorizer.ts';
import { forbiddenAction } from '../authorization/forbidden.ts';
import { ANONYMOUS } from './authenticator.ts';
import { AUTHENTICATED } from './credential.ts';

/** Acting as somebody else (Kubernetes docs, "Authenticating", user impersonation). */

const USER_HEADER = 'impersonate-user';
const GROUP_HEADER = 'impersonate-group';
const UID_HEADER = 'impersonate-uid';
const EXTRA_PREFIX = 'impersonate-extra-';
const PREFIX = 'impersonate-';
const AUTHENTICATION_GROUP = 'authentication.k8s.io';

interface Wanted {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid: string | undefined;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/**
 * The user as whom the request is to be answered: the one the headers name, provided the asker may impersonate it with every group,
 * uid and extra; else the asker. Throws 403, and 400 where only parts of a user are named.
 */
export function impersonated(user: User, headers: IncomingHttpHeaders, authorizer: Authorizer): User {
  const wanted = wantedUser(headers);
  if (!wanted) return user;
  for (const action of actionsFor(wanted)) {
    const { allowed, reason } = authorizer.authorize(user, action);
    if (!allowed) throw forbiddenAction(user, action, reason);
  }
  const { name, uid, extra } = wanted;
  return {
    name,
    groups: groupsOf(wanted),
    ...(uid && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

function wantedUser(headers: IncomingHttpHeaders): Wanted | undefined {
  let isWanted = false;
  for (const header in headers) {
    if (header.startsWith(PREFIX)) isWanted = true;
  }
  if (!isWanted) return undefined;
  const name = values(headers[USER_HEADER])[0];
  if (!name) throw badRequest('the request names parts of a user to impersonate, but no user (Impersonate-User)');
  const extra: Record<string, string[]> = Object.create(null);
  for (const [header, value] of Object.entries(headers)) {
    if (header.startsWith(EXTRA_PREFIX)) extra[extraKey(header.slice(EXTRA_PREFIX.length))] = values(value);
  }
  return { name, groups: values(headers[GROUP_HEADER]), uid: values(headers[UID_HEADER])[0], extra };
}

/** A header given several times reaches us as one, joined with a comma and a blank. */
const values = (header: string | string[] | undefined): string[] =>
  [header ?? []]
    .flat()
    .flatMap((each) => each.split(', '))
    .filter(Boolean);

function extraKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function* actionsFor({ name, groups, uid, extra }: Wanted): Generator<ResourceAction> {
  const account = serviceAccountOf(name);
  yield account
    ? impersonate('', 'serviceaccounts', account.name, { namespace: account.namespace })
    : impersonate('', 'users', name);
  for (const group of groups) yield impersonate('', 'groups', group);
  if (uid) yield impersonate(AUTHENTICATION_GROUP, 'uids', uid);
  for (const [subresource, all] of Object.entries(extra)) {
    for (const value of all) yield impersonate(AUTHENTICATION_GROUP, 'userextras', value, { subresource });
  }
}

const impersonate = (
  group: string,
  resource: string,
  name: string,
  more: Pick<ResourceAction, 'namespace' | 'subresource'> = {},
): ResourceAction => ({ type: 'resource', verb: 'impersonate', group, version: 'v1', resource, name, ...more });

/** Groups that everybody of the kind has come by themselves. */
function groupsOf({ name, groups }: Wanted): string[] {
  const account = serviceAccountOf(name);
  const own = groups.length === 0 && account ? serviceAccountGroups(account.namespace) : [...groups];
  const standing = name === ANONYMOUS.name ? ANONYMOUS.groups[0]! : AUTHENTICATED;
  const isSettled = own.includes(AUTHENTICATED) || own.includes(ANONYMOUS.groups[0]!);
  return isSettled ? own : [...own, standing];
}
