import { decode } from './meta/decode.ts';
import type { Column, ResourceDefinition } from './meta/definition.ts';
import type { FieldError } from './meta/errors.ts';
import { type ApiObject, metaOf } from './meta/object.ts';

/** Manifests for the tests of the kinds, and the path every write takes through a definition. */

export const UID = '11111111-2222-4333-8444-555555555555';

export const container = (fields: object = {}) => ({ name: 'main', image: 'example/web:1', ...fields });

export const podOf = (spec: object = {}, container_: object = {}) => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [container(container_)], ...spec },
});

export const template = (spec: object = {}, container_: object = {}) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [container(container_)], ...spec },
});

export const deploymentOf = (spec: object = {}) => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
});

export const jobOf = (spec: object = {}) => ({
  metadata: { name: 'sum', namespace: 'default' },
  spec: { template: { spec: { containers: [container()], restartPolicy: 'Never' } }, ...spec },
});

export const autoscalerOf = (spec: object = {}) => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 10, ...spec },
});

export const cronJobOf = (spec: object = {}) => ({
  metadata: { name: 'nightly', namespace: 'default' },
  spec: { schedule: '0 3 * * *', jobTemplate: { spec: jobOf().spec }, ...spec },
});

export const statefulSetOf = (spec: object = {}) => deploymentOf({ serviceName: 'web', ...spec });

export const volumeOf = (spec: object = {}) => ({
  metadata: { name: 'disk-1' },
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
    csi: { driver: 'disk.example.com', volumeHandle: '1' },
    ...spec,
  },
});

export const claimOf = (spec: object = {}) => ({
  metadata: { name: 'data', namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});

/** A PKCS#10 request for alice of the team blue, in PEM, in base64. */
export const REQUEST =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIYk1JR0JBZ0VBTUI4eERqQU1CZ05WQkFNVEJXRnNhV05sTVEwd0N3WURWUVFLRXdSaWJIVmxNRmt3RXdZSApLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFUzBFb2ZjOGtmcjlnYVltZkRGdnJrZ01DWEprTHUzdjFNbkJGCnZnTTFiakU0cjh6ZDAwdS85M3JncjhtdGpHdm1qOHI0ZnpQUXpNQzhqUkNwRytIYko2QUFNQW9HQ0NxR1NNNDkKQkFNQ0Ewa0FNRVlDSVFEVUNzVWZtbFM4d0cvY3J2TFVSVHR6YU50b3BXbmRRR2U4bm9ZYXJ0ekplUUloQUs5MQo3MHZOdmhWOHkyTHhoR21CY2xvYWNBZTh0bW1VYjJuRmFlVGVmRkFtCi0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=';

/** The least a manifest of each kind must say. Kinds that share a name share the manifest, unless their group is added. */
export const MINIMAL: Readonly<Record<string, object>> = {
  CustomResourceDefinition: {
    metadata: { name: 'crates.example.com' },
    spec: {
      group: 'example.com',
      names: { plural: 'crates', kind: 'Crate' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
  ConfigMap: { metadata: { name: 'settings', namespace: 'default' } },
  Event: {
    metadata: { name: 'web.1', namespace: 'default' },
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'default' },
  },
  'Event.events.k8s.io': {
    metadata: { name: 'web.1', namespace: 'default' },
    action: 'Starting',
    eventTime: '2026-01-01T00:00:00.000001Z',
    reason: 'Started',
    regarding: { kind: 'Pod', name: 'web', namespace: 'default' },
    reportingController: 'example.com/starter',
    reportingInstance: 'starter-1',
    type: 'Normal',
  },
  Namespace: { metadata: { name: 'shop' } },
  Node: { metadata: { name: 'node-1' } },
  Pod: podOf(),
  Secret: { metadata: { name: 'key', namespace: 'default' } },
  Service: { metadata: { name: 'web', namespace: 'default' }, spec: { ports: [{ port: 80 }] } },
  ServiceAccount: { metadata: { name: 'default', namespace: 'default' } },
  Deployment: deploymentOf(),
  ReplicaSet: deploymentOf(),
  Job: jobOf(),
  CronJob: cronJobOf(),
  HorizontalPodAutoscaler: autoscalerOf(),
  StatefulSet: statefulSetOf(),
  DaemonSet: deploymentOf(),
  ControllerRevision: { metadata: { name: 'web-1', namespace: 'default' }, revision: 1, data: { spec: {} } },
  ReplicationController: { metadata: { name: 'web', namespace: 'default' }, spec: { template: template() } },
  PodTemplate: { metadata: { name: 'web', namespace: 'default' }, template: template() },
  Lease: { metadata: { name: 'node-1', namespace: 'default' } },
  PriorityClass: { metadata: { name: 'high' }, value: 1000 },
  PersistentVolume: volumeOf(),
  PersistentVolumeClaim: claimOf(),
  PodDisruptionBudget: { metadata: { name: 'web', namespace: 'default' }, spec: { minAvailable: 1 } },
  StorageClass: { metadata: { name: 'fast' }, provisioner: 'example.com/disk' },
  CSIDriver: { metadata: { name: 'disk.example.com' } },
  CSINode: { metadata: { name: 'node-1' } },
  CSIStorageCapacity: {
    metadata: { name: 'fast-1', namespace: 'default' },
    storageClassName: 'fast',
    capacity: '10Gi',
  },
  VolumeAttachment: {
    metadata: { name: 'a' },
    spec: { attacher: 'disk.example.com', nodeName: 'node-1', source: { persistentVolumeName: 'disk-1' } },
  },
  Role: { metadata: { name: 'reader', namespace: 'default' } },
  ClusterRole: { metadata: { name: 'reader' } },
  RoleBinding: {
    metadata: { name: 'readers', namespace: 'default' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
  },
  ClusterRoleBinding: {
    metadata: { name: 'readers' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' },
  },
  TokenReview: { metadata: { name: 'asked' }, spec: { token: 'abc' } },
  SelfSubjectReview: { metadata: { name: 'asked' } },
  SubjectAccessReview: {
    metadata: { name: 'asked' },
    spec: { user: 'ann', nonResourceAttributes: { path: '/metrics', verb: 'get' } },
  },
  LocalSubjectAccessReview: {
    metadata: { name: 'asked', namespace: 'default' },
    spec: { user: 'ann', resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } },
  },
  SelfSubjectAccessReview: {
    metadata: { name: 'asked' },
    spec: { nonResourceAttributes: { path: '/metrics', verb: 'get' } },
  },
  SelfSubjectRulesReview: { metadata: { name: 'asked' }, spec: { namespace: 'default' } },
  Endpoints: { metadata: { name: 'web', namespace: 'default' } },
  LimitRange: {
    metadata: { name: 'bounds', namespace: 'default' },
    spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] },
  },
  ResourceQuota: { metadata: { name: 'share', namespace: 'default' }, spec: { hard: { pods: '5' } } },
  EndpointSlice: { metadata: { name: 'web-1', namespace: 'default' }, addressType: 'IPv4', endpoints: [] },
  Ingress: {
    metadata: { name: 'web', namespace: 'default' },
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
  },
  IngressClass: { metadata: { name: 'outer' }, spec: { controller: 'example.com/ingress' } },
  NetworkPolicy: { metadata: { name: 'closed', namespace: 'default' }, spec: { podSelector: {} } },
  RuntimeClass: { metadata: { name: 'vm' }, handler: 'vm' },
  CertificateSigningRequest: {
    metadata: { name: 'alice' },
    spec: { request: REQUEST, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
  },
  MutatingWebhookConfiguration: { metadata: { name: 'defaults' } },
  ValidatingWebhookConfiguration: { metadata: { name: 'checks' } },
  NodeMetrics: { metadata: { name: 'node-1' } },
  PodMetrics: { metadata: { name: 'web', namespace: 'default' } },
  BandQuota: { metadata: { name: 'team-a', namespace: 'default' } },
  PodGroup: { metadata: { name: 'training', namespace: 'default' }, spec: { minMember: 2 } },
  SchedulingPolicy: { metadata: { name: 'default' } },
};

/** Decodes, prepares and fills in a manifest as a creation does. Throws what decoding throws. */
export function created<T extends ApiObject>(
  resource: ResourceDefinition<T>,
  manifest: object,
): { object: T; faults: FieldError[] } {
  const { object, unknown, unsupported } = decode(resource, manifest);
  if (unknown.length > 0) throw new Error(`the sample has unknown fields: ${unknown.join(', ')}`);
  metaOf(object).uid = UID;
  resource.prepareForCreate?.(object);
  resource.setDefaults(object);
  return { object, faults: [...unsupported, ...resource.validate(object)] };
}

/** Faults as `path: message`. */
export const lines = (faults: readonly FieldError[]): string[] =>
  faults.map(({ path, message }) => `${path}: ${message}`);

/** The printed columns by name. */
export function printed<T extends ApiObject>(
  resource: ResourceDefinition<T>,
  object: T,
  nowMs: number,
): Record<string, ReturnType<Column<T>['value']>> {
  return Object.fromEntries(resource.columns.map((column) => [column.name, column.value(object, nowMs)]));
}
