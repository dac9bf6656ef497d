import type { ClusterRole } from '../../../api/rbac/cluster-role.ts';
import type { PolicyRule } from '../../../api/rbac/policy-rule.ts';
import type { Role } from '../../../api/rbac/role.ts';
import { NODE_RULES } from '../authorization/node-rules.ts';
import { READ, to, toPaths, WRITE } from './rule-text.ts';

/** Roles for programs, and for what everybody may (Kubernetes docs, "Using RBAC Authorization": default roles). */

const role = (name: string, ...rules: PolicyRule[]): ClusterRole => ({ metadata: { name: `system:${name}` }, rules });

const EVENTS: readonly PolicyRule[] = [
  to('create patch update', '', 'events'),
  to('create patch update', 'events.k8s.io', 'events'),
];
const DELEGATION: readonly PolicyRule[] = [
  to('create', 'authentication.k8s.io', 'tokenreviews'),
  to('create', 'authorization.k8s.io', 'subjectaccessreviews'),
];
const HEALTH = '/healthz /livez /readyz';
const VERSION = '/version /version/';

const leaderLease = (name: string): readonly PolicyRule[] => [
  to('create', 'coordination.k8s.io', 'leases'),
  to('get patch update', 'coordination.k8s.io', 'leases', name),
];

const everybody: readonly ClusterRole[] = [
  role('discovery', toPaths('get', `/api /api/* /apis /apis/* ${HEALTH} /openapi /openapi/* ${VERSION}`)),
  role('public-info-viewer', toPaths('get', `${HEALTH} ${VERSION}`)),
  role(
    'basic-user',
    to('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    to('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ),
  role(
    'service-account-issuer-discovery',
    toPaths(
      'get',
      '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
    ),
  ),
  role('monitoring', toPaths('get', `${HEALTH} /healthz/* /livez/* /readyz/* /metrics /metrics/slis`)),
  role('auth-delegator', ...DELEGATION),
];

const nodes: readonly ClusterRole[] = [
  role('node', ...NODE_RULES),
  role('node-bootstrapper', to(`create ${READ}`, 'certificates.k8s.io', 'certificatesigningrequests')),
  role('node-problem-detector', to('get', '', 'nodes'), to('patch', '', 'nodes/status'), ...EVENTS),
  role(
    'node-proxier',
    to('list watch', '', 'endpoints services'),
    to(READ, '', 'nodes'),
    to('list watch', 'discovery.k8s.io', 'endpointslices'),
    ...EVENTS,
  ),
  role(
    'kubelet-api-admin',
    to(`${READ} proxy`, '', 'nodes'),
    to('*', '', 'nodes/log nodes/metrics nodes/proxy nodes/stats'),
  ),
];

const outsiders: readonly ClusterRole[] = [
  role(
    'kube-scheduler',
    ...EVENTS,
    ...DELEGATION,
    ...leaderLease('kube-scheduler'),
    to(READ, '', 'namespaces nodes persistentvolumeclaims persistentvolumes replicationcontrollers services'),
    to(`delete ${READ}`, '', 'pods'),
    to('create', '', 'bindings pods/binding'),
    to('patch update', '', 'pods/status'),
    to(READ, 'apps', 'replicasets statefulsets'),
    to(READ, 'policy', 'poddisruptionbudgets'),
    to(READ, 'scheduling.k8s.io', 'priorityclasses'),
    to(READ, 'storage.k8s.io', 'csidrivers csinodes csistoragecapacities storageclasses volumeattachments'),
    to(READ, 'stowage.dev', 'podgroups schedulingpolicies'),
    to(READ, 'scheduling.x-k8s.io', 'podgroups'),
  ),
  role(
    'volume-scheduler',
    to(`${READ} patch update`, '', 'persistentvolumeclaims persistentvolumes'),
    to(READ, 'storage.k8s.io', 'storageclasses'),
  ),
  role(
    'kube-controller-manager',
    ...EVENTS,
    ...DELEGATION,
    ...leaderLease('kube-controller-manager'),
    to('list watch', '*', '*'),
    to('create delete get update', '', 'secrets serviceaccounts'),
    to('create', '', 'serviceaccounts/token'),
    to('get', '', 'configmaps namespaces'),
    to('update', '', 'secrets serviceaccounts'),
  ),
  role('kube-dns', to('list watch', '', 'endpoints services'), to('list watch', 'discovery.k8s.io', 'endpointslices')),
  role(
    'persistent-volume-provisioner',
    to(`create delete ${READ}`, '', 'persistentvolumes'),
    to(`${READ} update`, '', 'persistentvolumeclaims'),
    to(READ, 'storage.k8s.io', 'storageclasses'),
    to(`watch ${WRITE}`, '', 'events'),
  ),
];

const SIGNERS = ['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown'];
const CERTIFICATES = 'certificates.k8s.io';

const certificates: readonly ClusterRole[] = [
  role(
    `${CERTIFICATES}:certificatesigningrequests:nodeclient`,
    to('create', CERTIFICATES, 'certificatesigningrequests/nodeclient'),
  ),
  role(
    `${CERTIFICATES}:certificatesigningrequests:selfnodeclient`,
    to('create', CERTIFICATES, 'certificatesigningrequests/selfnodeclient'),
  ),
  ...SIGNERS.map((signer) =>
    role(`${CERTIFICATES}:${signer}-approver`, to('approve', CERTIFICATES, 'signers', `kubernetes.io/${signer}`)),
  ),
];

export const SYSTEM_ROLES: readonly ClusterRole[] = [...everybody, ...nodes, ...outsiders, ...certificates];

export const AUTHENTICATION_READER = 'extension-apiserver-authentication-reader';

/** Roles within `kube-system`. */
export const KUBE_SYSTEM_ROLES: readonly Role[] = [
  {
    metadata: { name: AUTHENTICATION_READER, namespace: 'kube-system' },
    rules: [to(READ, '', 'configmaps', 'extension-apiserver-authentication')],
  },
];
