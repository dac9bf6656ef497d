import { LOCAL_PATH_BASE, LOCAL_PATH_PROVISIONER, localPathNode } from '../../../api/core/local-path.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import { persistentVolumes } from '../../../api/core/persistent-volume.ts';
import { isClaimBound, STORAGE_PROVISIONER } from '../../../api/core/persistent-volume-binding.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { storageClasses } from '../../../api/storage/storage-class.ts';
import { type Controller, keyOf, lookUp, watch } from '../kit/controller.ts';
import { claimDecisions } from './claim.ts';
import { volumeDecisions } from './volume.ts';

const CLAIM = 'claim ';
const VOLUME = 'volume ';

/**
 * Makes volumes out of directories of machines for claims that ask for them, and sees them off (Kubernetes docs, "Dynamic Volume
 * Provisioning"). The directory itself is the agent's: it makes it when a pod first mounts it, and erases it when told. Keys are
 * claims and volumes.
 */
export function volumeProvisioner(): Controller {
  const waiting = new Set<string>();
  const byNode = new Map<string, Set<string>>();
  return {
    name: 'volume-provisioner',
    watches: [
      watch(persistentVolumeClaims, ({ type, object }) => {
        const key = keyOf(object);
        if (type === 'deleted' || !isWaiting(object)) return waiting.delete(key) ? [CLAIM + key] : [];
        waiting.add(key);
        return [CLAIM + key];
      }),
      watch(persistentVolumes, ({ type, object }) => {
        const node = localPathNode(object);
        if (node === undefined) return [];
        const { name = '' } = metaOf(object);
        const there = byNode.get(node) ?? new Set();
        byNode.set(node, there);
        if (type === 'deleted') there.delete(name);
        else there.add(name);
        if (there.size === 0) byNode.delete(node);
        return [VOLUME + name];
      }),
      watch(nodes, ({ type, object, previous }) => {
        const base = (node: Node | undefined) => node && metaOf(node).annotations?.[LOCAL_PATH_BASE];
        if (type === 'modified' && base(object) === base(previous)) return [];
        const gone = type === 'deleted' ? (byNode.get(metaOf(object).name ?? '') ?? []) : [];
        return [...[...waiting].map((key) => CLAIM + key), ...[...gone].map((name) => VOLUME + name)];
      }),
      watch(storageClasses, () => [...waiting].map((key) => CLAIM + key)),
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

const isWaiting = (claim: PersistentVolumeClaim): boolean =>
  metaOf(claim).annotations?.[STORAGE_PROVISIONER] === LOCAL_PATH_PROVISIONER &&
  !metaOf(claim).deletionTimestamp &&
  !claim.spec?.volumeName &&
  !isClaimBound(claim);
