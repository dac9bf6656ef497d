import { clusterRoles } from '../../api/rbac/cluster-role.ts';
import { aggregatedRules } from '../auth/defaults/aggregation.ts';
import { sameJson } from './kit/canonical-json.ts';
import { type Controller, keyOf, lookUp, watch } from './kit/controller.ts';
import { update } from './kit/decision.ts';

/** Keeps the rules of cluster roles that are made of others (Kubernetes docs, "Using RBAC Authorization": aggregation). */
export const clusterRoleAggregationController: Controller = {
  name: 'clusterroleaggregation',
  watches: [
    // A change may make a role part of any that gathers, or end that.
    watch(clusterRoles, (_change, view) =>
      view
        .list(clusterRoles)
        .filter((role) => role.aggregationRule)
        .map(keyOf),
    ),
  ],
  reconcile(view, key) {
    const role = lookUp(view, clusterRoles, key);
    if (!role?.aggregationRule || role.metadata?.deletionTimestamp) return [];
    const rules = aggregatedRules(role, view.list(clusterRoles));
    if (sameJson(rules, role.rules ?? [])) return [];
    return [
      update(clusterRoles, role, (current) => {
        current.rules = rules;
      }),
    ];
  },
};
