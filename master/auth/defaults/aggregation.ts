import { equalJson } from '../../../api/meta/json.ts';
import { matchesLabelSelector } from '../../../api/meta/selector.ts';
import type { ClusterRole } from '../../../api/rbac/cluster-role.ts';
import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';

/**
 * The rules of a role that is made of others: those of all roles that one of its selectors matches, in the order of their names,
 * each rule once (Kubernetes docs, "Using RBAC Authorization": aggregated ClusterRoles).
 */
export function aggregatedRules({ metadata, aggregationRule }: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const selectors = aggregationRule?.clusterRoleSelectors ?? [];
  const parts = all
    .filter((role) => role.metadata?.name !== metadata?.name)
    .filter((role) => selectors.some((selector) => matchesLabelSelector(selector, role.metadata?.labels)))
    .sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const rule of parts.flatMap((role) => role.rules ?? [])) {
    if (!rules.some((known) => equalJson(known, rule))) rules.push(rule);
  }
  return rules;
}
