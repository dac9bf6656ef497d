import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';

const rule = (apiGroup: string, resources: string, verbs: string): PolicyRule => ({
  apiGroups: [apiGroup],
  resources: resources.split(' '),
  verbs: verbs.split(' '),
});

const READ = 'get list watch';

/** What every node may do to any object; which objects it may do the rest to, `node.ts` decides by looking at its pods. */
export const COMMON_NODE_RULES: readonly PolicyRule[] = [
  rule('authentication.k8s.io', 'tokenreviews', 'create'),
  rule('authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews', 'create'),
  rule('', 'services', READ),
  rule('', 'events', 'create patch update'),
  rule('certificates.k8s.io', 'certificatesigningrequests', `create ${READ}`),
  rule('node.k8s.io', 'runtimeclasses', READ),
  rule('storage.k8s.io', 'csidrivers', READ),
];

/** What nodes may do to objects that concern them. */
const OWN_NODE_RULES: readonly PolicyRule[] = [
  rule('', 'nodes', `create ${READ} patch update`),
  rule('', 'nodes/status', 'patch update'),
  rule('', 'pods', `create delete ${READ}`),
  rule('', 'pods/status', 'patch update'),
  rule('', 'pods/eviction', 'create'),
  rule('', 'configmaps secrets', READ),
  rule('', 'persistentvolumeclaims persistentvolumes', 'get'),
  rule('', 'persistentvolumeclaims/status', 'get patch update'),
  rule('', 'serviceaccounts', 'get'),
  rule('', 'serviceaccounts/token', 'create'),
  rule('storage.k8s.io', 'volumeattachments', 'get'),
  rule('storage.k8s.io', 'csinodes', 'create delete get patch update'),
  rule('coordination.k8s.io', 'leases', 'create delete get patch update'),
];

/** All that is allowed to some node of some object: the cluster role `system:node`. */
export const NODE_RULES: readonly PolicyRule[] = [...COMMON_NODE_RULES, ...OWN_NODE_RULES];
