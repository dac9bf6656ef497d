import { join } from 'node:path';
import { DOCKER_VOLUMES } from '../../api/core/docker-volumes.ts';
import { isLocalPath } from '../../api/core/local-path.ts';
import { Missing } from '../missing.ts';
import type { PersistentVolume, Pod, Sources, Volume } from '../pod-types.ts';
import { podKey } from '../pod-types.ts';
import type { VolumeSpec } from '../runtime.ts';
import { claimedVolume, claimNameOf } from './claimed.ts';
import { memoryVolume } from './memory.ts';

/** Where a pod's volume is. */
export type VolumePlace =
  /** A directory of the agent's own, below the pod's. `shown`: the agent writes it, and nobody else. */
  | { readonly kind: 'own'; readonly path: string; readonly shown: boolean }
  /** A file or directory of the machine. `open`: made for whoever the pod runs as. */
  | { readonly kind: 'host'; readonly path: string; readonly type: string; readonly open?: boolean }
  /** A directory of the machine that is a persistent volume of kind `local`: it must be there. */
  | { readonly kind: 'local'; readonly path: string; readonly volume: string }
  /** A disk of the machine that is a persistent volume of kind `local`, given as it is. */
  | { readonly kind: 'device'; readonly path: string; readonly volume: string }
  /** A volume of the engine. `made`: by the agent, for the pod's life; without it, it stays when the pod goes. */
  | { readonly kind: 'engine'; readonly name: string; readonly made?: VolumeSpec };

export interface Placed {
  readonly place: VolumePlace;
  /** Nobody may write, whatever the mounts say. */
  readonly readOnly: boolean;
}

/** What a volume's place depends on. */
export interface PlaceContext {
  readonly pod: Pod;
  readonly podDir: string;
  readonly allocatable: { readonly memoryBytes: number };
}

/** The volume's place. Throws {@link Missing} for kinds that this agent cannot provide, and for claims that have no volume. */
export function placeOf(volume: Volume, context: PlaceContext, sources: Sources): Placed {
  const { pod, podDir } = context;
  const { hostPath, emptyDir, nfs, csi } = volume;
  const writable = (place: VolumePlace): Placed => ({ place, readOnly: false });
  if (hostPath) return writable({ kind: 'host', path: hostPath.path, type: hostPath.type ?? '' });
  const path = join(podDir, 'volumes', volume.name);
  if (emptyDir) return writable(emptyPlace(volume, path, context));
  if (volume.configMap || volume.secret || volume.projected || volume.downwardAPI) {
    return { place: { kind: 'own', path, shown: true }, readOnly: true };
  }
  if (nfs) return nfsPlace(nfs, [], pod, volume.name);
  const claim = claimNameOf(volume, pod);
  if (claim !== undefined) {
    const placed = persistentPlace(claimedVolume(volume, pod, claim, sources), volume, pod);
    return { ...placed, readOnly: placed.readOnly || (volume.persistentVolumeClaim?.readOnly ?? false) };
  }
  if (csi?.driver === DOCKER_VOLUMES) {
    const name = csi.volumeAttributes?.name;
    // Of the pod's own namespace: it must not reach what others keep on the machine.
    return dockerVolume(name && `${podKey(pod).namespace}.${name}`, csi.readOnly, volume.name);
  }
  throw notOffered(`volume "${volume.name}"`, volume, 'name');
}

function emptyPlace(volume: Volume, path: string, context: PlaceContext): VolumePlace {
  const { pod, allocatable } = context;
  const { medium = '', sizeLimit } = volume.emptyDir ?? {};
  if (medium === '') return { kind: 'own', path, shown: false };
  if (medium === 'Memory') {
    const made = memoryVolume(pod, sizeLimit, allocatable.memoryBytes);
    return { kind: 'engine', name: engineVolumeName(pod, volume.name), made };
  }
  throw new Missing(
    `emptyDir volume "${volume.name}" wants the medium "${medium}", which this agent does not offer: leave it out (disk), or use Memory`,
  );
}

function persistentPlace(persistent: PersistentVolume, volume: Volume, pod: Pod): Placed {
  const { hostPath, local, nfs, csi, mountOptions, volumeMode } = persistent.spec ?? {};
  const name = persistent.metadata?.name ?? '';
  if (volumeMode === 'Block') {
    if (local) return { place: { kind: 'device', path: local.path, volume: name }, readOnly: false };
    throw new Missing(
      `persistentvolume "${name}" has the volumeMode Block, which only those of the kind local can have`,
    );
  }
  if (hostPath) {
    const { path, type = '' } = hostPath;
    return { place: { kind: 'host', path, type, open: isLocalPath(persistent) }, readOnly: false };
  }
  if (local) return { place: { kind: 'local', path: local.path, volume: name }, readOnly: false };
  if (nfs) return nfsPlace(nfs, mountOptions ?? [], pod, volume.name);
  if (csi?.driver === DOCKER_VOLUMES) return dockerVolume(csi.volumeHandle, csi.readOnly, volume.name);
  throw notOffered(`persistentvolume "${name}"`, persistent.spec ?? {}, ...NOT_SOURCES);
}

interface NfsSource {
  readonly server: string;
  readonly path: string;
  readonly readOnly?: boolean;
}

/** The version is not negotiated as mount.nfs does it: without an option that names one, it is 4. */
function nfsPlace(nfs: NfsSource, options: readonly string[], pod: Pod, volume: string): Placed {
  const { server, path, readOnly = false } = nfs;
  const version = options.some((option) => /^(nfs)?vers=/.test(option)) ? [] : ['nfsvers=4'];
  const all = [...version, ...(readOnly ? ['ro'] : []), ...options];
  const made: VolumeSpec = { kind: 'nfs', server, path, options: all };
  return { place: { kind: 'engine', name: engineVolumeName(pod, volume), made }, readOnly };
}

function dockerVolume(name: string | undefined, readOnly: boolean | undefined, volume: string): Placed {
  if (!name) throw new Missing(`volume "${volume}" names no volume of Docker: set volumeAttributes.name`);
  return { place: { kind: 'engine', name }, readOnly: readOnly ?? false };
}

const NOT_SOURCES = [
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
];

function notOffered(what: string, source: object, ...others: readonly string[]): Missing {
  const kind = Object.keys(source).find((key) => !others.includes(key)) ?? 'none';
  return new Missing(
    `${what} is of the kind "${kind}", which this agent does not provide: use emptyDir, hostPath, configMap, secret, projected, downwardAPI, nfs, a claim of such, of local storage or of the class local-path, or csi with the driver ${DOCKER_VOLUMES}`,
  );
}

/** Name of the engine's volume that the agent makes for a pod's. */
export const engineVolumeName = (pod: Pod, volume: string): string => `stowage_${podKey(pod).uid}_${volume}`;
