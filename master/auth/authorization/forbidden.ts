import { ApiError, type Status } from '../../../api/meta/errors.ts';
import type { User } from '../../user.ts';
import type { Action, ResourceAction } from './authorizer.ts';

/** 403 in Kubernetes' wording. `reason` is the authorizer's, if it has one. */
export function forbiddenAction(user: User, action: Action, reason = ''): ApiError {
  const more = reason ? `: ${reason}` : '';
  if (action.type === 'resource') return forbiddenResource(user, action, more);
  return new ApiError(403, 'Forbidden', `forbidden: ${sentence(user, action)}${more}`, {});
}

/** `User "x" cannot list resource "pods" in API group "" at the cluster scope`. */
export function sentence(user: User, action: Action): string {
  if (action.type === 'path') return `User "${user.name}" cannot ${action.verb} path "${action.path}"`;
  const { group, resource, subresource, namespace, verb } = action;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const scope = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  return `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${scope}`;
}

function forbiddenResource(user: User, action: ResourceAction, more: string): ApiError {
  const { group, resource, name } = action;
  const qualified = group ? `${resource}.${group}` : resource;
  const subject = name ? `${qualified} "${name}"` : qualified;
  const details: Status['details'] = { name, group: group || undefined, kind: resource };
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${sentence(user, action)}${more}`, details);
}
