import { metaOf } from '../meta/naming.ts';
import { IS_DEFAULT_CLASS } from '../storage/default-class.ts';
import type { StorageClass } from '../storage/storage-class.ts';
import type { PersistentVolume } from './persistent-volume.ts';
import { PROVISIONED_BY } from './persistent-volume-claim-ref.ts';

/**
 * Volumes that are directories of one machine, made when a claim asks for them ("Dynamic Volume Provisioning"). The master says
 * which there are; the agent of the machine makes each when the first pod mounts it, and removes it when it is to be erased. Master
 * and agent share these rules.
 */

export const LOCAL_PATH_PROVISIONER = 'stowage.dev/local-path';
export const LOCAL_PATH_CLASS = 'local-path';
/** Parameter of a class: directory below which its volumes lie, on every machine. Without it, each agent has one of its own. */
export const PATH_PARAMETER = 'path';
/** On a Node: where its agent keeps such volumes. */
export const LOCAL_PATH_BASE = 'stowage.dev/local-path-base';
/** On a volume: the node whose machine holds it. */
export const LOCAL_PATH_NODE = 'stowage.dev/local-path-node';
/** On a volume: its directory may be there. Taken off when it is erased, or is to be kept. */
export const LOCAL_PATH_FINALIZER = 'stowage.dev/local-path';

/** The class that every cell starts with. */
export const localPathClass = (): StorageClass => ({
  metadata: { name: LOCAL_PATH_CLASS, annotations: { [IS_DEFAULT_CLASS]: 'true' } },
  provisioner: LOCAL_PATH_PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
});

export const isLocalPath = (volume: PersistentVolume): boolean =>
  metaOf(volume).annotations?.[PROVISIONED_BY] === LOCAL_PATH_PROVISIONER;

/** Node whose agent is to look after the volume's directory. */
export const localPathNode = (volume: PersistentVolume): string | undefined =>
  isLocalPath(volume) ? metaOf(volume).annotations?.[LOCAL_PATH_NODE] : undefined;

/** Whether the volume's directory is to be erased: nobody claims it any more, and it was promised to go then. */
export function isToBeErased(volume: PersistentVolume): boolean {
  const { deletionTimestamp, finalizers = [] } = metaOf(volume);
  return (
    isLocalPath(volume) &&
    deletionTimestamp !== undefined &&
    finalizers.includes(LOCAL_PATH_FINALIZER) &&
    volume.spec?.persistentVolumeReclaimPolicy === 'Delete' &&
    volume.status?.phase === 'Released'
  );
}
