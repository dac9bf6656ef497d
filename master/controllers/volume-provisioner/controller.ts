import { nodes } from '../../../api/core/node.ts';
import { persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { storageClasses } from '../../../api/storage/storage-class.ts';
import { type Controller, keyOf, lookUp, watch } from '../kit/controller.ts';
import { claimDecisions } from './claim.ts';
import { isWaiting, ProvisionerIndex } from './provisioner-index.ts';
import { volumeDecisions } from './volume.ts';

const CLAIM = 'claim ';
const VOLUME = 'volume ';

const claimKey = (key: string): string => CLAIM + key;
const volumeKey = (name: string): string => VOLUME + name;

/**
 * Makes volumes out of directories of machines for claims that ask for them, and sees them off (Kubernetes docs, "Dynamic Volume
 * Provisioning"). The directory itself is the agent's: it makes it when a pod first mounts it, and erases it when told. Keys are
 * claims and volumes.
 */
export function volumeProvisioner(): Controller {
  const index = new ProvisionerIndex();
  return {
    name: 'volume-provisioner',
    watches: [
      watch(persistentVolumeClaims, (change) => (index.claimChanged(change) ? [claimKey(keyOf(change.object))] : [])),
      watch(persistentVolumes, (change) =>
        index.volumeChanged(change) ? [volumeKey(metaOf(change.object).name ?? '')] : [],
      ),
      watch(nodes, (change) => {
        const { claims, volumes } = index.concerned(change);
        return [...[...claims].map(claimKey), ...[...volumes].map(volumeKey)];
      }),
      watch(storageClasses, () => [...index.waiting].map(claimKey)),
    ],
    reconcile(view, key) {
      if (key.startsWith(VOLUME)) {
        const volume = lookUp(view, persistentVolumes, key.slice(VOLUME.length));
        return volume ? volumeDecisions(view, volume) : [];
      }
      const claim = lookUp(view, persistentVolumeClaims, key.slice(CLAIM.length));
      return claim && isWaiting(claim) ? claimDecisions(view, claim) : [];
    },
  };
}
