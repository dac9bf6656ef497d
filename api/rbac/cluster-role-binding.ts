import { defineResource } from '../meta/definition.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { type Static, struct } from '../meta/schema.ts';
import { bindingColumns } from './columns.ts';
import { RBAC_GROUP } from './policy-rule.ts';
import { bindingFields, setBindingDefaults, validateBinding, validateBindingUpdate } from './subjects.ts';

export const ClusterRoleBindingSchema = struct(
  'io.k8s.api.rbac.v1.ClusterRoleBinding',
  'Gives a cluster role to subjects in the whole cell.',
  {
    ...typeMeta,
    metadata,
    ...bindingFields,
  },
);
export type ClusterRoleBinding = Static<typeof ClusterRoleBindingSchema>;

export const clusterRoleBindings = defineResource<ClusterRoleBinding>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  shortNames: [],
  categories: [],
  namespaced: false,
  nameRule: 'path-segment',
  schema: ClusterRoleBindingSchema,
  hasStatus: false,
  columns: bindingColumns,
  setDefaults: setBindingDefaults,
  validate: (binding) => validateBinding(binding, false),
  validateUpdate: validateBindingUpdate,
});
