import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { type Static, struct } from '../meta/schema.ts';
import { bindingColumns } from './columns.ts';
import { RBAC_GROUP } from './policy-rule.ts';
import { bindingFields, setBindingDefaults, validateBinding, validateBindingUpdate } from './subjects.ts';

export const RoleBindingSchema = struct(
  'io.k8s.api.rbac.v1.RoleBinding',
  'Gives a role to subjects within one namespace.',
  {
    ...typeMeta,
    metadata,
    ...bindingFields,
  },
);
export type RoleBinding = Static<typeof RoleBindingSchema>;

export const roleBindings = defineResource<RoleBinding>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  shortNames: [],
  categories: [],
  namespaced: true,
  nameRule: 'path-segment',
  schema: RoleBindingSchema,
  hasStatus: false,
  columns: bindingColumns,
  setDefaults: setBindingDefaults,
  validate: (binding) => validateBinding(binding, true),
  validateUpdate: validateBindingUpdate,
});
