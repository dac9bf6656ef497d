import type { FieldError } from '../meta/errors.ts';
import { list, optional, type Static, string, struct } from '../meta/schema.ts';
import { invalidValue, required } from '../meta/validation.ts';

/** What a role allows (Kubernetes docs, "Using RBAC Authorization"). */

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

export const PolicyRuleSchema = struct(
  'io.k8s.api.rbac.v1.PolicyRule',
  'Verbs, and either the resources or the paths they may be used on.',
  {
    apiGroups: optional(list(string('An API group.'), 'API groups of the resources; "" is the core group, * is all.')),
    nonResourceURLs: optional(
      list(string('A path.'), 'Paths that are no resources, such as /metrics; a * at the end stands for any ending.'),
    ),
    resourceNames: optional(list(string('A name.'), 'Objects meant; none given means all.')),
    resources: optional(
      list(
        string('A resource.'),
        'Plurals, with a subresource after a slash (pods/log); * is all, */scale is one subresource of all.',
      ),
    ),
    verbs: list(string('A verb.'), 'What may be done; * is everything.'),
  },
);
export type PolicyRule = Static<typeof PolicyRuleSchema>;

export const ruleList = list(PolicyRuleSchema, 'What the role allows.');

export function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, index) => ruleFaults(rule, `rules[${index}]`, namespaced));
}

function ruleFaults(rule: PolicyRule, path: string, namespaced: boolean): FieldError[] {
  const { verbs = [], nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  const errors = verbs.length > 0 ? [] : [required(`${path}.verbs`, 'verbs must contain at least one value')];
  if (nonResourceURLs.length > 0) {
    const at = `${path}.nonResourceURLs`;
    if (namespaced)
      errors.push(invalidValue(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0)
      errors.push(
        invalidValue(at, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
      );
    return errors;
  }
  if (apiGroups.length === 0)
    errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0)
    errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'));
  return errors;
}
