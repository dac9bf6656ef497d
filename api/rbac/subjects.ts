import type { FieldError } from '../meta/errors.ts';
import { equalJson } from '../meta/json.ts';
import { atomicMap, list, optional, type Static, string, struct } from '../meta/schema.ts';
import { invalidValue, nameFault, notSupported, required } from '../meta/validation.ts';
import { RBAC_GROUP } from './policy-rule.ts';

/** Who is given which role: what both kinds of bindings are made of. */

export const SubjectSchema = atomicMap(
  struct('io.k8s.api.rbac.v1.Subject', 'Whom a role is given to.', {
    apiGroup: optional(
      string('Group of the kind: "" for service accounts, rbac.authorization.k8s.io for users and groups.'),
    ),
    kind: string('User, Group or ServiceAccount.'),
    name: string('Name of the user, group or service account.'),
    namespace: optional(string('Namespace of a service account.')),
  }),
);
export type Subject = Static<typeof SubjectSchema>;

export const RoleRefSchema = atomicMap(
  struct('io.k8s.api.rbac.v1.RoleRef', 'The role that is given.', {
    apiGroup: optional(string('Always rbac.authorization.k8s.io.')),
    kind: string('Role or ClusterRole.'),
    name: string('Name of the role.'),
  }),
);
export type RoleRef = Static<typeof RoleRefSchema>;

export const bindingFields = {
  roleRef: RoleRefSchema,
  subjects: optional(list(SubjectSchema, 'Whom the role is given to.')),
};

interface Binding {
  roleRef?: RoleRef;
  subjects?: Subject[];
}

const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

export function setBindingDefaults({ roleRef, subjects }: Binding): void {
  if (roleRef) roleRef.apiGroup ||= RBAC_GROUP;
  for (const subject of subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= RBAC_GROUP;
  }
}

/** `namespaced`: the binding has a namespace, in which service accounts without one are meant. */
export function validateBinding(binding: Binding, namespaced: boolean): FieldError[] {
  return [
    ...roleRefFaults(binding.roleRef, namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']),
    ...(binding.subjects ?? []).flatMap((subject, index) => subjectFaults(subject, `subjects[${index}]`, namespaced)),
  ];
}

function roleRefFaults(roleRef: RoleRef | undefined, kinds: readonly string[]): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = roleRef ?? {};
  const fault = name ? nameFault('path-segment', name) : undefined;
  return [
    ...(apiGroup === RBAC_GROUP ? [] : [notSupported('roleRef.apiGroup', apiGroup, [RBAC_GROUP])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name ? [] : [required('roleRef.name')]),
    ...(fault ? [invalidValue('roleRef.name', name, fault)] : []),
  ];
}

function subjectFaults(subject: Subject, path: string, namespaced: boolean): FieldError[] {
  const { kind = '', name = '', namespace, apiGroup = '' } = subject;
  const errors = name ? [] : [required(`${path}.name`)];
  if (!SUBJECT_KINDS.includes(kind)) return [...errors, notSupported(`${path}.kind`, kind, SUBJECT_KINDS)];
  const group = kind === 'ServiceAccount' ? '' : RBAC_GROUP;
  if (apiGroup !== group) errors.push(notSupported(`${path}.apiGroup`, apiGroup, [group]));
  if (kind !== 'ServiceAccount') return errors;
  const fault = name ? nameFault('subdomain', name) : undefined;
  if (fault) errors.push(invalidValue(`${path}.name`, name, fault));
  if (!namespaced && !namespace) errors.push(required(`${path}.namespace`));
  return errors;
}

/** A binding gives one role for ever: who could change it could turn a harmless gift into another. */
export const validateBindingUpdate = (next: Binding, previous: Binding): FieldError[] =>
  equalJson(next.roleRef, previous.roleRef) ? [] : [invalidValue('roleRef', next.roleRef, 'cannot change roleRef')];
