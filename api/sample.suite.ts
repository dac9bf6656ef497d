import { decode } from './meta/decode.ts';
import type { ResourceDefinition } from './meta/definition.ts';
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

/** The least a manifest of each kind must say. Kinds that share a name share the manifest. */
export const MINIMAL: Readonly<Record<string, object>> = {
  ConfigMap: { metadata: { name: 'settings', namespace: 'default' } },
  Event: {
    metadata: { name: 'web.1', namespace: 'default' },
    involvedObject: { kind: 'Pod', name: 'web', namespace: 'default' },
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
  Lease: { metadata: { name: 'node-1', namespace: 'default' } },
  PriorityClass: { metadata: { name: 'high' }, value: 1000 },
  PersistentVolume: volumeOf(),
  PersistentVolumeClaim: claimOf(),
  PodDisruptionBudget: { metadata: { name: 'web', namespace: 'default' }, spec: { minAvailable: 1 } },
  StorageClass: { metadata: { name: 'fast' }, provisioner: 'example.com/disk' },
  CSIDriver: { metadata: { name: 'disk.example.com' } },
  CSINode: { metadata: { name: 'node-1' } },
  VolumeAttachment: {
    metadata: { name: 'a' },
    spec: { attacher: 'disk.example.com', nodeName: 'node-1', source: { persistentVolumeName: 'disk-1' } },
  },
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
): Record<string, string | number> {
  return Object.fromEntries(resource.columns.map((column) => [column.name, column.value(object, nowMs)]));
}
