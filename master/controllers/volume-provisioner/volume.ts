import { isLocalPath, isToBeErased, LOCAL_PATH_FINALIZER, localPathNode } from '../../../api/core/local-path.ts';
import { nodes } from '../../../api/core/node.ts';
import { type PersistentVolume, persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { metaOf } from '../../../api/meta/object.ts';
import type { CacheReader } from '../../store/cache.ts';
import { type Decision, remove, update } from '../kit/decision.ts';

/**
 * Sees a volume off. One that its claim has left and that is to go then is deleted; its object stays until the agent of its machine
 * has erased the directory. Where nothing is to be erased, or nobody is left who could, the object goes at once.
 */
export function volumeDecisions(view: CacheReader, volume: PersistentVolume): Decision[] {
  if (!isLocalPath(volume)) return [];
  const { deletionTimestamp, finalizers = [] } = metaOf(volume);
  const { phase } = volume.status ?? {};
  if (!deletionTimestamp) {
    const { persistentVolumeReclaimPolicy: policy } = volume.spec ?? {};
    return phase === 'Released' && policy === 'Delete' ? [remove(persistentVolumes, volume)] : [];
  }
  if (!finalizers.includes(LOCAL_PATH_FINALIZER) || phase === 'Bound') return [];
  if (!isToBeErased(volume)) return [letGo(volume)];
  const isThere = view.get(nodes, undefined, localPathNode(volume) ?? '') !== undefined;
  return isThere ? [] : [letGo(volume)];
}

const letGo = (volume: PersistentVolume): Decision =>
  update(persistentVolumes, volume, (current) => {
    const meta = metaOf(current);
    meta.finalizers = meta.finalizers?.filter((finalizer) => finalizer !== LOCAL_PATH_FINALIZER);
  });
