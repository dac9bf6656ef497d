import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';
import type { CacheReader } from '../../store/cache.ts';
import type { User } from '../../user.ts';
import type { Action, Authorizer, Rules, Verdict } from './authorizer.ts';
import { type Grant, groupKey, type RbacIndex, rulesOf, userKey } from './rbac-index.ts';

/** Role-based access control as Kubernetes evaluates it (Kubernetes docs, "Using RBAC Authorization"): what no rule allows is not. */
export class RbacAuthorizer implements Authorizer {
  readonly #index: RbacIndex;
  readonly #view: CacheReader;

  constructor(index: RbacIndex, view: CacheReader) {
    this.#index = index;
    this.#view = view;
  }

  authorize(user: User, action: Action): Verdict {
    const namespace = action.type === 'resource' ? action.namespace : undefined;
    const grant = this.#find(userKey(user.name), namespace, action) ?? this.#findOfGroups(user, namespace, action);
    if (grant) return { allowed: true, reason: `RBAC: allowed by ${describe(grant)}` };
    const faults = this.#faults(user, namespace);
    if (faults.length === 0) return { allowed: false, reason: '' };
    return { allowed: false, reason: `RBAC: ${faults.length === 1 ? faults[0] : `[${faults.join(', ')}]`}` };
  }

  rulesFor(user: User, namespace?: string): Rules {
    const rules: PolicyRule[] = [];
    for (const [subject, place] of standings(user, namespace)) {
      for (const { binding } of this.#index.grants(subject, place)) rules.push(...(rulesOf(binding, this.#view) ?? []));
    }
    return { rules, faults: this.#faults(user, namespace) };
  }

  #faults(user: User, namespace: string | undefined): string[] {
    const faults = new Set<string>();
    for (const [subject, place] of standings(user, namespace)) {
      for (const binding of this.#index.allowance(subject, place)?.void ?? []) faults.add(notThere(binding));
    }
    return [...faults];
  }

  #findOfGroups(user: User, namespace: string | undefined, action: Action): Grant | undefined {
    for (const group of user.groups) {
      const grant = this.#find(groupKey(group), namespace, action);
      if (grant) return grant;
    }
    return undefined;
  }

  /** Paths belong to no namespace, so a binding within one gives none. */
  #find(subject: string, namespace: string | undefined, action: Action): Grant | undefined {
    const everywhere = this.#index.allowance(subject)?.table.find(action);
    return everywhere ?? (namespace ? this.#index.allowance(subject, namespace)?.table.find(action) : undefined);
  }
}

/** The subjects that a user is, at each of the places where bindings bear on him. */
function* standings(
  user: User,
  namespace: string | undefined,
): Generator<[subject: string, place: string | undefined]> {
  const subjects = [userKey(user.name), ...user.groups.map(groupKey)];
  for (const place of namespace ? [undefined, namespace] : [undefined]) {
    for (const subject of subjects) yield [subject, place];
  }
}

function notThere({ roleRef }: Grant['binding']): string {
  const { kind = '', name = '' } = roleRef ?? {};
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found`;
}

/** `RoleBinding "readers/default" of Role "reader" to User "ann"`. */
function describe({ binding, subject }: Grant): string {
  const { name, namespace } = binding.metadata ?? {};
  const { kind = '', name: role } = binding.roleRef ?? {};
  const what = namespace ? `RoleBinding "${name}/${namespace}"` : `ClusterRoleBinding "${name}"`;
  const isAccount = subject.kind === 'ServiceAccount';
  const whom = isAccount ? `${subject.name}/${subject.namespace || namespace}` : subject.name;
  return `${what} of ${kind} "${role}" to ${subject.kind} "${whom}"`;
}
