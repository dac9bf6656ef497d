import { type PersistentVolume, persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { classOfVolume, isFree, volumeFitsClaim } from '../../../api/core/persistent-volume-binding.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { storageClasses } from '../../../api/storage/storage-class.ts';
import type { CacheReader, Change } from '../../store/cache.ts';
import { type Controller, keyOf, lookUp, watch } from '../kit/controller.ts';
import { claimDecisions } from './claim.ts';
import { claimKeyOf, StorageIndex } from './storage-index.ts';
import { volumeDecisions } from './volume.ts';

const CLAIM = 'claim ';
const VOLUME = 'volume ';

const claimKey = (key: string): string => CLAIM + key;
const volumeKey = (name: string): string => VOLUME + name;

/**
 * Brings claims and volumes together, and keeps the phases of both (Kubernetes docs, "Persistent Volumes"). Claims of classes that
 * bind at once get the smallest volume that fits; those that wait for their first pod are begun by the scheduler and completed
 * here. Keys are claims and volumes.
 */
export function volumeBindingController(): Controller {
  const index = new StorageIndex();
  return {
    name: 'persistentvolume-binder',
    watches: [
      watch(persistentVolumeClaims, (change) => {
        index.claimChanged(change);
        const { object, previous } = change;
        const key = keyOf(object);
        const named = [object.spec?.volumeName, previous?.spec?.volumeName].filter((name) => name !== undefined);
        return [claimKey(key), ...[...index.volumesKeptFor(key), ...named].map(volumeKey)];
      }),
      watch(persistentVolumes, (change, view) => {
        index.volumeChanged(change);
        return [volumeKey(metaOf(change.object).name ?? ''), ...claimsConcerned(view, index, change).map(claimKey)];
      }),
      watch(storageClasses, ({ object }) => {
        // A default class is for those that name none.
        const names = [metaOf(object).name ?? '', ''];
        return names.flatMap((name) => [...index.waitingClaims(name)]).map(claimKey);
      }),
    ],
    reconcile(view, key, nowMs) {
      if (key.startsWith(VOLUME)) {
        const volume = lookUp(view, persistentVolumes, key.slice(VOLUME.length));
        return volume ? volumeDecisions(view, volume, nowMs) : [];
      }
      const claim = lookUp(view, persistentVolumeClaims, key.slice(CLAIM.length));
      return claim ? claimDecisions(view, index, claim) : [];
    },
  };
}

/** Claims the volume is or was kept for, that name it, or, when it is free, that could have it. */
function claimsConcerned(
  view: CacheReader,
  index: StorageIndex,
  { type, object, previous }: Change<PersistentVolume>,
): string[] {
  const keys = new Set(index.claimsNaming(metaOf(object).name ?? ''));
  for (const state of [object, previous]) {
    const key = state && claimKeyOf(state);
    if (key) keys.add(key);
  }
  if (type === 'deleted' || !isFree(object)) return [...keys];
  for (const key of index.waitingClaims(classOfVolume(object))) {
    const claim = lookUp(view, persistentVolumeClaims, key);
    if (claim && volumeFitsClaim(object, claim)) keys.add(key);
  }
  return [...keys];
}
