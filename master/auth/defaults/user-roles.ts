import type { ClusterRole } from '../../../api/rbac/cluster-role.ts';
import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';
import { READ, to, toPaths, WRITE } from './rule-text.ts';

/** Roles for people (Kubernetes docs, "Using RBAC Authorization": user-facing roles), with what this cell adds to Kubernetes. */

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

/** What may be written within a namespace by those who work there, by API group. */
const WORK: readonly (readonly [string, string])[] = [
  ['', 'configmaps events persistentvolumeclaims pods replicationcontrollers replicationcontrollers/scale services'],
  ['apps', 'daemonsets deployments deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale'],
  ['autoscaling', 'horizontalpodautoscalers'],
  ['batch', 'cronjobs jobs'],
  ['policy', 'poddisruptionbudgets'],
  ['networking.k8s.io', 'ingresses networkpolicies'],
  ['stowage.dev', 'podgroups'],
  ['scheduling.x-k8s.io', 'podgroups'],
];
/** What belongs to that and is the cell's to write. */
const SEEN: readonly (readonly [string, string])[] = [
  [
    '',
    'bindings endpoints limitranges namespaces namespaces/status persistentvolumeclaims/status pods/log pods/status',
  ],
  [
    '',
    'pods/placement replicationcontrollers/status resourcequotas resourcequotas/status serviceaccounts services/status',
  ],
  ['apps', 'controllerrevisions daemonsets/status deployments/status replicasets/status statefulsets/status'],
  ['autoscaling', 'horizontalpodautoscalers/status'],
  ['batch', 'cronjobs/status jobs/status'],
  ['policy', 'poddisruptionbudgets/status'],
  ['networking.k8s.io', 'ingresses/status'],
  ['discovery.k8s.io', 'endpointslices'],
  ['stowage.dev', 'bandquotas bandquotas/status podgroups/status'],
  ['scheduling.x-k8s.io', 'podgroups/status'],
];
/** What gives a way into pods, or secrets: those who only look on have none of it. */
const INSIDE = 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy';

const view: PolicyRule[] = [...WORK, ...SEEN].map(([group, resources]) => to(READ, group, resources));
const edit: PolicyRule[] = [
  to(READ, '', INSIDE),
  to(WRITE, '', `${INSIDE} serviceaccounts`),
  to('create', '', 'pods/eviction serviceaccounts/token'),
  to('patch update', '', 'pods/ephemeralcontainers pods/resize'),
  to('impersonate', '', 'serviceaccounts'),
  ...WORK.map(([group, resources]) => to(WRITE, group, resources)),
  to(`${WRITE} ${READ}`, 'coordination.k8s.io', 'leases'),
];
const admin: PolicyRule[] = [
  to('create', 'authorization.k8s.io', 'localsubjectaccessreviews'),
  to(`${WRITE} ${READ}`, 'rbac.authorization.k8s.io', 'rolebindings roles'),
];

const part = (name: string, into: string, rules: PolicyRule[]): ClusterRole => ({
  metadata: { name, labels: { [`${AGGREGATE}${into}`]: 'true' } },
  rules,
});

/** A role made of all parts that say they belong to it; other kinds' roles may join. */
const whole = (name: string, into?: string): ClusterRole => ({
  metadata: { name, ...(into && { labels: { [`${AGGREGATE}${into}`]: 'true' } }) },
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${AGGREGATE}${name}`]: 'true' } }] },
});

export const USER_ROLES: readonly ClusterRole[] = [
  { metadata: { name: 'cluster-admin' }, rules: [to('*', '*', '*'), toPaths('*', '*')] },
  whole('admin'),
  whole('edit', 'admin'),
  whole('view', 'edit'),
  part('system:aggregate-to-admin', 'admin', admin),
  part('system:aggregate-to-edit', 'edit', edit),
  part('system:aggregate-to-view', 'view', view),
  // Kubernetes' metrics server brings this one along.
  part('system:aggregated-metrics-reader', 'view', [to(READ, 'metrics.k8s.io', 'nodes pods')]),
];
