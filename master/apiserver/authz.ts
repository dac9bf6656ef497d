import { ApiError, type Status } from '../../api/meta/errors.ts';
import type { User } from '../user.ts';
import type { RequestInfo, ResourceRequest } from './request.ts';

/** Whose members may do everything. */
export const ADMINISTRATORS = 'system:masters';

/** What every user with a certificate of the cell may read: how the API is made, not what is in it. */
const OPEN_TO_ALL: ReadonlySet<RequestInfo['type']> = new Set(['root', 'discovery', 'openapi', 'version', 'health']);

/** Throws 403, in Kubernetes' wording, unless the user may do this. */
export function authorize(user: User, info: RequestInfo, method: string, path: string): void {
  if (user.groups.includes(ADMINISTRATORS) || OPEN_TO_ALL.has(info.type)) return;
  throw info.type === 'resource' ? forbiddenResource(user, info) : forbiddenPath(user, method, path);
}

function forbiddenResource(user: User, request: ResourceRequest): ApiError {
  const { group, plural, name, namespace, verb, subresource } = request;
  const what = subresource ? `${plural}/${subresource}` : plural;
  const qualified = group ? `${plural}.${group}` : plural;
  const subject = name ? `${qualified} "${name}"` : qualified;
  const scope = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const why = `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${scope}`;
  const details: Status['details'] = { name, group: group || undefined, kind: plural };
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${why}`, details);
}

function forbiddenPath(user: User, method: string, path: string): ApiError {
  const why = `User "${user.name}" cannot ${method.toLowerCase()} path "${path}"`;
  return new ApiError(403, 'Forbidden', `forbidden: ${why}`, {});
}
