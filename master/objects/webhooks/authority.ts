import { type Account, type Decide, ExpressionAuthorizer } from '../../../api/apiextensions/cel-authorizer.ts';
import { serviceAccountGroups, serviceAccountUser } from '../../../api/authentication/service-account-user.ts';
import type { Action, Authorizer } from '../../auth/authorization/authorizer.ts';
import type { User } from '../../user.ts';
import type { Occasion } from './review.ts';

const AUTHENTICATED = 'system:authenticated';
const COMPONENT = { allowed: true, reason: 'a component of the cell' };

/** What match conditions ask about rights: those of who makes the request, unless they name somebody else. */
export function authorityOf(occasion: Occasion, authorizer: Pick<Authorizer, 'authorize'>): ExpressionAuthorizer {
  const { asked, subresource, namespace, name, context } = occasion;
  const decide: Decide = (permission, account) => {
    const user = account ? userOf(account) : context.requester;
    if (!user) return COMPONENT;
    const { path, verb, group = '', resource = '', ...more } = permission;
    const action: Action =
      path === undefined ? { type: 'resource', verb, group, resource, ...more } : { type: 'path', verb, path };
    return authorizer.authorize(user, action);
  };
  const { group, plural: resource } = asked;
  return new ExpressionAuthorizer(decide, { group, resource, subresource, namespace, name: name || undefined });
}

const userOf = ({ namespace, name }: Account): User => ({
  name: serviceAccountUser(namespace, name),
  groups: [...serviceAccountGroups(namespace), AUTHENTICATED],
});
