import { join } from 'node:path';
import { LOCAL_PATH_FINALIZER, LOCAL_PATH_NODE, LOCAL_PATH_PROVISIONER } from '../../../api/core/local-path.ts';
import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import { PROVISIONED_BY } from '../../../api/core/persistent-volume-binding.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { StorageClass } from '../../../api/storage/storage-class.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/** The same for a claim however often it is asked: a volume is never made twice. */
export const volumeNameOf = (claim: PersistentVolumeClaim): string => `pvc-${metaOf(claim).uid}`;

/** The volume for a claim: a directory of one node's machine, named so that people find whose it is. */
export function localPathVolume(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  node: Node,
  base: string,
): PersistentVolume {
  const { namespace, name, uid, resourceVersion } = metaOf(claim);
  const { name: nodeName = '', labels } = metaOf(node);
  const volumeName = volumeNameOf(claim);
  const hostname = { key: HOSTNAME, operator: 'In' as const, values: [labels?.[HOSTNAME] ?? nodeName] };
  const own = { key: 'metadata.name', operator: 'In' as const, values: [nodeName] };
  const reach = labels?.[HOSTNAME] ? { matchExpressions: [hostname] } : { matchFields: [own] };
  return {
    metadata: {
      name: volumeName,
      annotations: { [PROVISIONED_BY]: LOCAL_PATH_PROVISIONER, [LOCAL_PATH_NODE]: nodeName },
      finalizers: [LOCAL_PATH_FINALIZER],
    },
    spec: {
      hostPath: { path: join(base, `${volumeName}_${namespace}_${name}`), type: 'DirectoryOrCreate' },
      nodeAffinity: { required: { nodeSelectorTerms: [reach] } },
      capacity: { storage: claim.spec?.resources?.requests?.storage ?? '0' },
      accessModes: claim.spec?.accessModes,
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy === 'Retain' ? 'Retain' : 'Delete',
      storageClassName: metaOf(storageClass).name,
      volumeMode: 'Filesystem',
    },
  };
}
