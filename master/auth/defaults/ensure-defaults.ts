import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import { isApiError } from '../../../api/meta/errors.ts';
import { copyJson, equalJson } from '../../../api/meta/json.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { type ClusterRole, clusterRoles } from '../../../api/rbac/cluster-role.ts';
import { clusterRoleBindings } from '../../../api/rbac/cluster-role-binding.ts';
import { roles } from '../../../api/rbac/role.ts';
import { type RoleBinding, roleBindings } from '../../../api/rbac/role-binding.ts';
import type { Subject } from '../../../api/rbac/subjects.ts';
import type { Objects } from '../../objects/objects.ts';
import type { CacheReader } from '../../store/cache.ts';
import { uncovered } from '../authorization/escalation.ts';
import { aggregatedRules } from './aggregation.ts';
import { CLUSTER_BINDINGS, KUBE_SYSTEM_BINDINGS } from './bindings.ts';
import { KUBE_SYSTEM_ROLES, SYSTEM_ROLES } from './system-roles.ts';
import { USER_ROLES } from './user-roles.ts';

const CONTEXT = { user: 'system:stowage:bootstrap' };
const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate';
const BOOTSTRAPPING = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };

/**
 * Sees that the default roles and bindings are there and lack nothing; what somebody added to them stays, and those annotated
 * `autoupdate: "false"` are left alone (Kubernetes docs, "Using RBAC Authorization": auto-reconciliation). Roles go first: a binding
 * that stands gives what its role says.
 */
export async function ensureDefaultRoles(cache: CacheReader, objects: Objects): Promise<void> {
  const clusterWide = withAggregated([...USER_ROLES, ...SYSTEM_ROLES]);
  await Promise.all([
    ...clusterWide.map((role) => ensure(cache, objects, clusterRoles, role, completeRole)),
    ...KUBE_SYSTEM_ROLES.map((role) => ensure(cache, objects, roles, role, completeRole)),
  ]);
  await Promise.all([
    ...CLUSTER_BINDINGS.map((binding) => ensure(cache, objects, clusterRoleBindings, binding, completeBinding)),
    ...KUBE_SYSTEM_BINDINGS.map((binding) => ensure(cache, objects, roleBindings, binding, completeBinding)),
  ]);
}

/** Aggregated roles are complete from the start: nobody waits for the controller. The parts may themselves be made of parts. */
function withAggregated(all: readonly ClusterRole[]): ClusterRole[] {
  const settled = all.map((role) => ({ ...role }));
  for (const _round of all.filter((role) => role.aggregationRule)) {
    for (const role of settled) if (role.aggregationRule) role.rules = aggregatedRules(role, settled);
  }
  return settled;
}

async function ensure<T extends ApiObject>(
  cache: CacheReader,
  objects: Objects,
  resource: ResourceDefinition<T>,
  wanted: T,
  complete: (current: T, wanted: T) => void,
): Promise<void> {
  const { name = '', namespace } = wanted.metadata ?? {};
  let current = cache.get(resource, namespace, name);
  if (current && current.metadata?.annotations?.[AUTO_UPDATE] === 'false') return;
  if (current && isOtherBinding(current, wanted)) {
    // What a binding gives cannot be changed: it is made anew.
    await objects.delete(resource, namespace, name, CONTEXT).catch(ignore('NotFound'));
    current = undefined;
  }
  if (!current) {
    await objects.create(resource, stamped(wanted), CONTEXT).catch(ignore('AlreadyExists'));
    return;
  }
  await objects.update(resource, namespace, name, (held) => complete(held, wanted), CONTEXT).catch(ignore('NotFound'));
}

/** Another master of the same cell may be at the same work. */
const ignore = (reason: string) => (error: unknown) => {
  if (!isApiError(error, reason)) throw error;
};

function stamped<T extends ApiObject>(wanted: T): T {
  const object = copyJson(wanted, 'a default role') as T;
  object.metadata = {
    ...object.metadata,
    annotations: { [AUTO_UPDATE]: 'true' },
    labels: { ...object.metadata?.labels, ...BOOTSTRAPPING },
  };
  return object;
}

function completeRole(current: ClusterRole, wanted: ClusterRole): void {
  completeLabels(current, wanted);
  if (wanted.aggregationRule) {
    current.aggregationRule ??= wanted.aggregationRule;
    return;
  }
  const missing = uncovered(current.rules ?? [], wanted.rules ?? []);
  if (missing.length > 0) current.rules = [...(current.rules ?? []), ...missing];
}

function completeBinding(current: RoleBinding, wanted: RoleBinding): void {
  completeLabels(current, wanted);
  const held = current.subjects ?? [];
  const missing = (wanted.subjects ?? []).filter((subject) => !held.some((each) => isSame(each, subject)));
  if (missing.length > 0) current.subjects = [...held, ...missing];
}

const isSame = (one: Subject, other: Subject): boolean =>
  one.kind === other.kind && one.name === other.name && (one.namespace ?? '') === (other.namespace ?? '');

function completeLabels(current: ApiObject, wanted: ApiObject): void {
  const labels = { ...stamped(wanted).metadata?.labels, ...current.metadata?.labels };
  const annotations = { [AUTO_UPDATE]: 'true', ...current.metadata?.annotations };
  current.metadata = { ...current.metadata, labels, annotations };
}

function isOtherBinding(current: ApiObject, wanted: ApiObject): boolean {
  const [held, meant] = [current as RoleBinding, wanted as RoleBinding];
  return meant.roleRef !== undefined && !equalJson(held.roleRef, meant.roleRef);
}
