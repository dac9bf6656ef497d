import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { optional, type Static, struct } from '../meta/schema.ts';
import { roleColumns } from './columns.ts';
import { RBAC_GROUP, ruleList, validateRules } from './policy-rule.ts';

export const RoleSchema = struct('io.k8s.api.rbac.v1.Role', 'What may be done within one namespace.', {
  ...typeMeta,
  metadata,
  rules: optional(ruleList),
});
export type Role = Static<typeof RoleSchema>;

export const roles = defineResource<Role>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  shortNames: [],
  categories: [],
  namespaced: true,
  nameRule: 'path-segment',
  schema: RoleSchema,
  hasStatus: false,
  columns: roleColumns,
  setDefaults() {},
  validate: ({ rules }) => validateRules(rules, true),
});
