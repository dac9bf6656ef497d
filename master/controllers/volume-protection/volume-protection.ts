import { type PersistentVolume, persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { VOLUME_PROTECTION } from '../../../api/core/volume-protection.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type Controller, lookUp, watchSelf } from '../kit/controller.ts';
import { update } from '../kit/decision.ts';

/** Lets a volume that is deleted go once it is bound to no claim. */
export const volumeProtectionController: Controller = {
  name: 'persistentvolume-protection',
  watches: [watchSelf(persistentVolumes)],
  reconcile(view, key) {
    const volume = lookUp(view, persistentVolumes, key);
    if (!volume || !isHeld(volume) || volume.status?.phase === 'Bound') return [];
    return [
      update(persistentVolumes, volume, (current) => {
        const meta = metaOf(current);
        meta.finalizers = meta.finalizers?.filter((finalizer) => finalizer !== VOLUME_PROTECTION);
      }),
    ];
  },
};

const isHeld = (volume: PersistentVolume): boolean =>
  metaOf(volume).deletionTimestamp !== undefined && !!metaOf(volume).finalizers?.includes(VOLUME_PROTECTION);
