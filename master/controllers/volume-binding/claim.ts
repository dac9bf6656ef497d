import { type PersistentVolume, persistentVolumes } from '../../../api/core/persistent-volume.ts';
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  classOfClaim,
  isKeptFor,
  keepVolumeFor,
  SELECTED_NODE,
  volumeFitsClaim,
} from '../../../api/core/persistent-volume-binding.ts';
import { type PersistentVolumeClaim, persistentVolumeClaims } from '../../../api/core/persistent-volume-claim.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { storageClasses } from '../../../api/storage/storage-class.ts';
import type { CacheReader } from '../../store/cache.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { keyOf } from '../kit/controller.ts';
import { type Decision, update, updateStatus } from '../kit/decision.ts';
import { defaultClass, defaultClassDecision, provisioningDecisions } from './provisioning.ts';
import { remark } from './remark.ts';
import type { StorageIndex } from './storage-index.ts';

type Status = NonNullable<PersistentVolumeClaim['status']>;

/**
 * One step of a claim towards its volume (Kubernetes docs, "Persistent Volumes", binding). The steps, each seen before the next:
 * the volume is kept for the claim, the claim names the volume, the claim's status says what it got. Whoever began the binding
 * (this controller, the scheduler, a provisioner, a person), it is completed here.
 */
export function claimDecisions(view: CacheReader, index: StorageIndex, claim: PersistentVolumeClaim): Decision[] {
  if (metaOf(claim).annotations?.[BIND_COMPLETED] !== undefined) return settleBound(view, claim);
  if (metaOf(claim).deletionTimestamp) return [];
  const { volumeName } = claim.spec ?? {};
  return volumeName ? bindToNamed(view, claim, volumeName) : bindToAny(view, index, claim);
}

/** A claim that was bound keeps its volume, or is lost. */
function settleBound(view: CacheReader, claim: PersistentVolumeClaim): Decision[] {
  const name = claim.spec?.volumeName;
  const volume = name ? view.get(persistentVolumes, undefined, name) : undefined;
  if (!volume)
    return lose(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  if (!volume.spec?.claimRef || (isKeptFor(volume, claim) && !volume.spec.claimRef.uid)) return [keep(volume, claim)];
  if (!isKeptFor(volume, claim))
    return lose(claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
  return setStatus(claim, {
    ...claim.status,
    phase: 'Bound',
    accessModes: volume.spec.accessModes,
    // What a resize is about to change is for whoever resizes to tell.
    capacity: claim.status?.phase === 'Bound' ? claim.status.capacity : volume.spec.capacity,
    currentVolumeAttributesClassName: volume.spec.volumeAttributesClassName || undefined,
  });
}

function lose(claim: PersistentVolumeClaim, reason: string, message: string): Decision[] {
  const write = setStatus(claim, { conditions: claim.status?.conditions, phase: 'Lost' });
  return write.length > 0 ? [...write, remark(claim, 'Warning', reason, message)] : [];
}

/** A claim that names its volume gets that one or none. */
function bindToNamed(view: CacheReader, claim: PersistentVolumeClaim, volumeName: string): Decision[] {
  const volume = view.get(persistentVolumes, undefined, volumeName);
  if (!volume) {
    const message = `volume ${JSON.stringify(volumeName)} does not exist yet`;
    return [remark(claim, 'Normal', 'FailedBinding', message)];
  }
  if (volume.spec?.claimRef && !isKeptFor(volume, claim)) {
    const message = `volume ${JSON.stringify(volumeName)} already bound to a different claim.`;
    return [remark(claim, 'Warning', 'FailedBinding', message)];
  }
  if (!volumeFitsClaim(volume, claim)) {
    const message = `Cannot bind to requested volume ${JSON.stringify(volumeName)}: its size, access modes, volume mode or class is not what the claim asks for`;
    return [remark(claim, 'Warning', 'VolumeMismatch', message)];
  }
  return [advance(volume, claim)];
}

function bindToAny(view: CacheReader, index: StorageIndex, claim: PersistentVolumeClaim): Decision[] {
  const kept = firstFitting(view, index.volumesKeptFor(keyOf(claim)), claim);
  if (kept) return [advance(kept, claim)];
  const fallback = defaultClass(view, claim);
  if (fallback) return [defaultClassDecision(claim, fallback)];
  const storageClass = view.get(storageClasses, undefined, classOfClaim(claim));
  if (storageClass?.volumeBindingMode === 'WaitForFirstConsumer') {
    // The scheduler chooses, so that volume and pod meet; it asks for a new volume by naming the node.
    if (metaOf(claim).annotations?.[SELECTED_NODE] === undefined)
      return [
        remark(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding'),
      ];
    return provisioningDecisions(claim, storageClass);
  }
  const storage = claim.spec?.resources?.requests?.storage ?? '0';
  const free = firstFitting(view, index.freeVolumes(classOfClaim(claim), storage), claim);
  return free ? [keep(free, claim)] : provisioningDecisions(claim, storageClass);
}

function firstFitting(view: CacheReader, names: Iterable<string>, claim: PersistentVolumeClaim) {
  for (const name of names) {
    const volume = view.get(persistentVolumes, undefined, name);
    if (volume && volumeFitsClaim(volume, claim)) return volume;
  }
  return undefined;
}

/** The next step with a volume that the claim may have. */
const advance = (volume: PersistentVolume, claim: PersistentVolumeClaim): Decision =>
  volume.spec?.claimRef?.uid ? complete(claim, volume) : keep(volume, claim);

/** On the volume as it was read only: of two claims that want it, one is refused and looks again. */
const keep = (volume: PersistentVolume, claim: PersistentVolumeClaim): Decision => ({
  ...update(persistentVolumes, volume, (current) => keepVolumeFor(current, claim)),
  resourceVersion: metaOf(volume).resourceVersion,
});

function complete(claim: PersistentVolumeClaim, volume: PersistentVolume): Decision {
  const { name = '' } = metaOf(volume);
  return update(persistentVolumeClaims, claim, (current) => {
    const { spec = {} } = current;
    if (spec.volumeName && spec.volumeName !== name) return;
    const meta = metaOf(current);
    const chosen: Record<string, string> = spec.volumeName ? {} : { [BOUND_BY_CONTROLLER]: 'yes' };
    meta.annotations = { ...meta.annotations, ...chosen, [BIND_COMPLETED]: 'yes' };
    current.spec = { ...spec, volumeName: name };
  });
}

function setStatus(claim: PersistentVolumeClaim, next: Status): Decision[] {
  if (sameJson(next, claim.status)) return [];
  return [
    updateStatus(persistentVolumeClaims, claim, (current) => {
      current.status = next;
    }),
  ];
}
