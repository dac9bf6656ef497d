import { defineResource } from '../meta/definition.ts';
import type { FieldError } from '../meta/errors.ts';
import { metadata, typeMeta } from '../meta/object.ts';
import { list, optional, type Static, struct } from '../meta/schema.ts';
import { LabelSelectorSchema } from '../meta/selector.ts';
import { invalidValue, required, validateLabelSelector } from '../meta/validation.ts';
import { roleColumns } from './columns.ts';
import { RBAC_GROUP, ruleList, validateRules } from './policy-rule.ts';

export const AggregationRuleSchema = struct(
  'io.k8s.api.rbac.v1.AggregationRule',
  'Makes a role of the rules of others.',
  {
    clusterRoleSelectors: optional(
      list(LabelSelectorSchema, 'Labels of cluster roles whose rules are taken; one match is enough.'),
    ),
  },
);

export const ClusterRoleSchema = struct(
  'io.k8s.api.rbac.v1.ClusterRole',
  'What may be done in the whole cell, or in any namespace where it is given.',
  {
    ...typeMeta,
    aggregationRule: optional(AggregationRuleSchema),
    metadata,
    rules: optional(ruleList),
  },
);
export type ClusterRole = Static<typeof ClusterRoleSchema>;

function aggregationFaults({ aggregationRule }: ClusterRole): FieldError[] {
  if (!aggregationRule) return [];
  const path = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0)
    return [required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  return selectors.flatMap((selector, index) => {
    const at = `${path}[${index}]`;
    const faults = validateLabelSelector(selector, at);
    return faults.length > 0 ? [...faults, invalidValue(at, selector, 'invalid label selector.')] : [];
  });
}

export const clusterRoles = defineResource<ClusterRole>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  shortNames: [],
  categories: [],
  namespaced: false,
  nameRule: 'path-segment',
  schema: ClusterRoleSchema,
  hasStatus: false,
  columns: roleColumns,
  setDefaults() {},
  validate: (role) => [...validateRules(role.rules, false), ...aggregationFaults(role)],
});
