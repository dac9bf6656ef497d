import { serviceAccountUser } from '../../../api/authentication/service-account-user.ts';
import { type ClusterRole, clusterRoles } from '../../../api/rbac/cluster-role.ts';
import { type ClusterRoleBinding, clusterRoleBindings } from '../../../api/rbac/cluster-role-binding.ts';
import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';
import { type Role, roles } from '../../../api/rbac/role.ts';
import { type RoleBinding, roleBindings } from '../../../api/rbac/role-binding.ts';
import type { Subject } from '../../../api/rbac/subjects.ts';
import type { Cache, CacheReader, Change } from '../../store/cache.ts';
import { RuleTable } from './rule-table.ts';

type Binding = RoleBinding | ClusterRoleBinding;

/** One subject of one binding: what a rule is allowed by. */
export interface Grant {
  readonly binding: Binding;
  readonly subject: Subject;
}

/** The bindings of one subject at one place: a namespace, or the whole cell. */
class Scope {
  /** By the binding's key. */
  readonly grants = new Map<string, Grant>();
  #known: Allowance | undefined;

  /** What the bindings come to; made when it is first asked for and after each change. */
  allowance(view: CacheReader): Allowance {
    this.#known ??= allowanceOf(this.grants.values(), view);
    return this.#known;
  }

  forget(): void {
    this.#known = undefined;
  }
}

/** What the bindings of a subject at one place come to. */
export interface Allowance {
  readonly table: RuleTable<Grant>;
  /** Bindings of roles that do not exist. */
  readonly void: readonly Binding[];
}

function allowanceOf(grants: Iterable<Grant>, view: CacheReader): Allowance {
  const table = new RuleTable<Grant>();
  const empty: Binding[] = [];
  for (const grant of grants) {
    const rules = rulesOf(grant.binding, view);
    if (!rules) empty.push(grant.binding);
    for (const rule of rules ?? []) table.add(rule, grant);
  }
  return { table, void: empty };
}

/** The rules a binding gives; `undefined` where its role does not exist. */
export function rulesOf({ roleRef, metadata }: Binding, view: CacheReader): readonly PolicyRule[] | undefined {
  const { kind, name = '' } = roleRef ?? {};
  const role = kind === 'Role' ? view.get(roles, metadata?.namespace, name) : view.get(clusterRoles, undefined, name);
  return role && (role.rules ?? []);
}

const EVERYWHERE = '';

/**
 * Who is given which roles, by subject, kept up to date from the cache: a request costs look-ups for its user and groups, and never
 * a walk over all bindings.
 *
 * Owns: the scopes, which of them each role bears on, and the subscriptions from `start` to `stop`.
 */
export class RbacIndex {
  readonly #cache: Cache;
  /** By subject, then by namespace. */
  readonly #scopes = new Map<string, Map<string, Scope>>();
  readonly #scopesOfRole = new Map<string, Map<Scope, number>>();
  #endings: (() => void)[] = [];

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  start(): void {
    const onBinding = (change: Change<Binding>) => this.#onBinding(change);
    const onRole = ({ object }: Change<Role | ClusterRole>) => this.#onRole(object);
    this.#endings = [
      this.#cache.subscribe(roleBindings, onBinding),
      this.#cache.subscribe(clusterRoleBindings, onBinding),
      this.#cache.subscribe(roles, onRole),
      this.#cache.subscribe(clusterRoles, onRole),
    ];
    for (const binding of this.#cache.list(roleBindings)) this.#count(binding, 1);
    for (const binding of this.#cache.list(clusterRoleBindings)) this.#count(binding, 1);
  }

  stop(): void {
    for (const end of this.#endings.splice(0)) end();
    this.#scopes.clear();
    this.#scopesOfRole.clear();
  }

  /** What the subject may at this place: in the whole cell, or in the namespace alone. */
  allowance(subject: string, namespace: string = EVERYWHERE): Allowance | undefined {
    return this.#scopes.get(subject)?.get(namespace)?.allowance(this.#cache);
  }

  /** The grants of a subject at this place. */
  grants(subject: string, namespace: string = EVERYWHERE): Iterable<Grant> {
    return this.#scopes.get(subject)?.get(namespace)?.grants.values() ?? [];
  }

  #onBinding({ type, object, previous }: Change<Binding>): void {
    if (previous) this.#count(previous, -1);
    if (type !== 'deleted') this.#count(object, 1);
  }

  #onRole({ kind, metadata }: Role | ClusterRole): void {
    const key = roleKey(kind ?? '', metadata?.namespace, metadata?.name);
    for (const scope of this.#scopesOfRole.get(key)?.keys() ?? []) scope.forget();
  }

  /** Enters a binding, or takes it out. */
  #count(binding: Binding, step: 1 | -1): void {
    const { name = '', namespace = EVERYWHERE } = binding.metadata ?? {};
    const bindingKey = `${namespace}/${name}`;
    const role = roleKey(binding.roleRef?.kind ?? '', namespace, binding.roleRef?.name);
    for (const [subject, grant] of subjectsOf(binding)) {
      const scope = this.#scopeOf(subject, namespace);
      scope.forget();
      if (step > 0) scope.grants.set(bindingKey, grant);
      else scope.grants.delete(bindingKey);
      this.#tie(role, scope, step);
      if (scope.grants.size === 0) this.#drop(subject, namespace);
    }
  }

  #scopeOf(subject: string, namespace: string): Scope {
    const places = this.#scopes.get(subject) ?? new Map<string, Scope>();
    this.#scopes.set(subject, places);
    const scope = places.get(namespace) ?? new Scope();
    places.set(namespace, scope);
    return scope;
  }

  #drop(subject: string, namespace: string): void {
    const places = this.#scopes.get(subject);
    places?.delete(namespace);
    if (places?.size === 0) this.#scopes.delete(subject);
  }

  #tie(role: string, scope: Scope, step: 1 | -1): void {
    const scopes = this.#scopesOfRole.get(role) ?? new Map<Scope, number>();
    const count = (scopes.get(scope) ?? 0) + step;
    if (count > 0) scopes.set(scope, count);
    else scopes.delete(scope);
    if (scopes.size > 0) this.#scopesOfRole.set(role, scopes);
    else this.#scopesOfRole.delete(role);
  }
}

/** The binding's subjects, each once, as the index knows them. */
function subjectsOf(binding: Binding): Map<string, Grant> {
  const found = new Map<string, Grant>();
  for (const subject of binding.subjects ?? []) {
    const key = subjectKey(subject, binding.metadata?.namespace);
    if (key !== undefined && !found.has(key)) found.set(key, { binding, subject });
  }
  return found;
}

/** A service account is the user of its name, so that it is found among users. `namespace`: the binding's, if it has one. */
function subjectKey({ kind, name, namespace: own }: Subject, namespace: string | undefined): string | undefined {
  if (kind === 'User') return userKey(name);
  if (kind === 'Group') return groupKey(name);
  const home = own || namespace;
  return kind === 'ServiceAccount' && home ? userKey(serviceAccountUser(home, name)) : undefined;
}

export const userKey = (name: string): string => `u:${name}`;
export const groupKey = (name: string): string => `g:${name}`;

/** `namespace` is left out where the role is a cluster role. */
const roleKey = (kind: string, namespace: string | undefined, name = ''): string =>
  kind === 'Role' ? `${namespace ?? ''}/${name}` : `/${name}`;
