import type { ClusterRoleBinding } from '../../../api/rbac/cluster-role-binding.ts';
import { RBAC_GROUP } from '../../../api/rbac/policy-rule.ts';
import type { RoleBinding } from '../../../api/rbac/role-binding.ts';
import type { Subject } from '../../../api/rbac/subjects.ts';
import { AGENT_BOOTSTRAPPERS } from '../../../proto/enrolment.ts';
import { AUTHENTICATION_READER } from './system-roles.ts';

/** Who has the default roles. */

const group = (name: string): Subject => ({ apiGroup: RBAC_GROUP, kind: 'Group', name });
const user = (name: string): Subject => ({ apiGroup: RBAC_GROUP, kind: 'User', name });

const AUTHENTICATED = group('system:authenticated');
const SCHEDULER = user('system:kube-scheduler');
const CONTROLLER_MANAGER = user('system:kube-controller-manager');

const binding = (name: string, ...subjects: Subject[]): ClusterRoleBinding => ({
  metadata: { name },
  roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name },
  subjects,
});

export const CLUSTER_BINDINGS: readonly ClusterRoleBinding[] = [
  binding('cluster-admin', group('system:masters')),
  binding('system:discovery', AUTHENTICATED),
  binding('system:basic-user', AUTHENTICATED),
  binding('system:public-info-viewer', AUTHENTICATED, group('system:unauthenticated')),
  binding('system:monitoring', group('system:monitoring')),
  binding('system:service-account-issuer-discovery', group('system:serviceaccounts')),
  // Nodes are judged by what runs on them; whoever wants to give them all this can add them here.
  binding('system:node'),
  binding('system:node-bootstrapper', group(AGENT_BOOTSTRAPPERS)),
  binding('system:node-proxier', user('system:kube-proxy')),
  binding('system:kube-scheduler', SCHEDULER),
  binding('system:volume-scheduler', SCHEDULER),
  binding('system:kube-controller-manager', CONTROLLER_MANAGER),
  binding('system:kube-dns', { kind: 'ServiceAccount', name: 'kube-dns', namespace: 'kube-system' }),
];

export const KUBE_SYSTEM_BINDINGS: readonly RoleBinding[] = [
  {
    metadata: { name: `system::${AUTHENTICATION_READER}`, namespace: 'kube-system' },
    roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: AUTHENTICATION_READER },
    subjects: [CONTROLLER_MANAGER, SCHEDULER],
  },
];
