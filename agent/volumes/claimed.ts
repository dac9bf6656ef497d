import { ephemeralClaimName, isMadeFor } from '../../api/core/ephemeral-claim.ts';
import { isKeptFor } from '../../api/core/persistent-volume-claim-ref.ts';
import { Missing } from '../missing.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, Sources, Volume } from '../pod-types.ts';
import { podKey } from '../pod-types.ts';

/** Name of the claim that a pod's volume is; undefined for volumes of other kinds. */
export function claimNameOf(volume: Volume, pod: Pod): string | undefined {
  return volume.ephemeral ? ephemeralClaimName(podKey(pod).name, volume.name) : volume.persistentVolumeClaim?.claimName;
}

/**
 * The persistent volume that a pod's claim has got. Throws {@link Missing} while there is none, naming the claim: the pod waits
 * (Kubernetes, "Persistent Volumes", "Claims As Volumes").
 */
export function claimedVolume(volume: Volume, pod: Pod, name: string, sources: Sources): PersistentVolume {
  const claim = sources.claim?.(name);
  const quoted = `persistentvolumeclaim "${name}"`;
  if (!claim) throw new Missing(`${quoted} not found`);
  if (volume.ephemeral && !isMadeFor(claim, pod)) {
    throw new Missing(
      `${quoted} was not made for this pod, though its ephemeral volume "${volume.name}" would have that name: delete the claim, or rename pod or volume`,
    );
  }
  return boundVolume(claim, quoted, sources);
}

function boundVolume(claim: PersistentVolumeClaim, quoted: string, sources: Sources): PersistentVolume {
  const name = claim.spec?.volumeName;
  if (!name || claim.status?.phase !== 'Bound') throw new Missing(`${quoted} is not bound to a volume yet`);
  const volume = sources.persistentVolume?.(name);
  if (!volume) throw new Missing(`persistentvolume "${name}" of ${quoted} not found`);
  if (!isKeptFor(volume, claim)) throw new Missing(`persistentvolume "${name}" is not bound to ${quoted}`);
  return volume;
}
