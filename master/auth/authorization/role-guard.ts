import { isSameResource, type ResourceDefinition } from '../../../api/meta/definition.ts';
import { type ApiError, forbidden, notFound } from '../../../api/meta/errors.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { type ClusterRole, clusterRoles } from '../../../api/rbac/cluster-role.ts';
import { clusterRoleBindings } from '../../../api/rbac/cluster-role-binding.ts';
import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';
import { roles } from '../../../api/rbac/role.ts';
import { type RoleBinding, roleBindings } from '../../../api/rbac/role-binding.ts';
import type { AdmissionRequest, AdmissionRule } from '../../objects/admission/admission.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { User } from '../../user.ts';
import { type Authorizer, isAdministrator } from './authorizer.ts';
import { escalationText, uncovered } from './escalation.ts';
import { rulesOf } from './rbac-index.ts';

const FULL_AUTHORITY: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];

/**
 * Refuses roles and bindings that give more than their writer has, unless he may `escalate` the role or `bind` it (Kubernetes docs,
 * "Using RBAC Authorization": privilege escalation prevention and bootstrapping). The cell's own components are trusted.
 */
export function roleGuard(authorizer: Authorizer): AdmissionRule {
  return {
    name: 'RoleGuard',
    admit(request, view) {
      const user = request.context.requester;
      if (!user || request.operation === 'delete' || isAdministrator(user)) return undefined;
      const { resource } = request;
      if (isSameResource(resource, roles) || isSameResource(resource, clusterRoles))
        return roleFault(authorizer, user, request as AdmissionRequest<ClusterRole>);
      if (isSameResource(resource, roleBindings) || isSameResource(resource, clusterRoleBindings))
        return bindingFault(authorizer, user, request as AdmissionRequest<RoleBinding>, view);
      return undefined;
    },
  };
}

function roleFault(authorizer: Authorizer, user: User, request: AdmissionRequest<ClusterRole>): ApiError | undefined {
  const { resource, object, previous } = request;
  const { name = '', namespace } = object.metadata ?? {};
  const sameRules = previous !== undefined && equalJson(object.rules ?? [], previous.rules ?? []);
  if (sameRules && equalJson(object.aggregationRule, previous.aggregationRule)) return undefined;
  if (mayWith(authorizer, user, 'escalate', resource, namespace, name)) return undefined;
  const own = authorizer.rulesFor(user, namespace);
  // What an aggregation gathers is not known beforehand: only who may do everything may set one.
  if ((object.aggregationRule ?? previous?.aggregationRule) && uncovered(own.rules, FULL_AUTHORITY).length > 0)
    return forbidden(resource, name, 'must have cluster-admin privileges to use an aggregationRule');
  const lacking = uncovered(own.rules, object.rules ?? []);
  return lacking.length > 0 ? forbidden(resource, name, escalationText(user, lacking, own.faults)) : undefined;
}

function bindingFault(
  authorizer: Authorizer,
  user: User,
  { resource, object, previous }: AdmissionRequest<RoleBinding>,
  view: CacheReader,
): ApiError | undefined {
  const { name = '', namespace } = object.metadata ?? {};
  const { roleRef } = object;
  if (previous && equalJson(roleRef, previous.roleRef) && equalJson(object.subjects ?? [], previous.subjects ?? []))
    return undefined;
  const kind: ResourceDefinition<never> = roleRef?.kind === 'Role' ? roles : clusterRoles;
  if (mayWith(authorizer, user, 'bind', kind, namespace, roleRef?.name ?? '')) return undefined;
  const given = rulesOf(object, view);
  if (!given) return notFound(kind, roleRef?.name ?? '');
  const own = authorizer.rulesFor(user, namespace);
  const lacking = uncovered(own.rules, given);
  return lacking.length > 0 ? forbidden(resource, name, escalationText(user, lacking, own.faults)) : undefined;
}

function mayWith(
  authorizer: Authorizer,
  user: User,
  verb: 'bind' | 'escalate',
  { group, version, plural }: Pick<ResourceDefinition, 'group' | 'version' | 'plural'>,
  namespace: string | undefined,
  name: string,
): boolean {
  return authorizer.authorize(user, { type: 'resource', verb, group, version, resource: plural, namespace, name })
    .allowed;
}
