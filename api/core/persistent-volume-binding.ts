import { metaOf } from '../meta/naming.ts';
import { compareQuantities } from '../meta/quantity.ts';
import { matchesLabelSelector } from '../meta/selector.ts';
import type { PersistentVolume } from './persistent-volume.ts';
import type { PersistentVolumeClaim } from './persistent-volume-claim.ts';
import { isKeptFor, PROVISIONED_BY } from './persistent-volume-claim-ref.ts';

export { isKeptFor, PROVISIONED_BY };

/**
 * How volumes and claims belong to each other ("Persistent Volumes", binding). A binding is begun by `spec.claimRef` of the
 * volume, which keeps it for one claim, and completed by `spec.volumeName` of the claim. Scheduler and controllers share this.
 */

/** `yes` once the binding of a claim is complete: from then on its volume must stay there. */
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
/** `yes` on the half of a binding that no person chose, so that it may be undone. */
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** The provisioner that is asked to make a volume for a claim, in today's words and in those before. */
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
export const STORAGE_PROVISIONER_BETA = 'volume.beta.kubernetes.io/storage-provisioner';
/** Node for whose pod a claim is to be provisioned; the scheduler sets it. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

/** Where classes were written before they had fields; still read. */
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** Name of the storage class a claim asks for; empty for none. */
export const classOfClaim = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';

/** Name of the storage class a volume belongs to; empty for none. */
export const classOfVolume = ({ metadata, spec }: PersistentVolume): string =>
  metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';

/** Whether a claim has its volume, for good. */
export const isClaimBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  !!spec?.volumeName && metadata?.annotations?.[BIND_COMPLETED] !== undefined;

const LEFT_BEHIND: ReadonlySet<string | undefined> = new Set(['Released', 'Failed']);

/** Whether any claim may have the volume: it is kept for none, not left behind by one, and not on its way out. */
export const isFree = ({ metadata, spec, status }: PersistentVolume): boolean =>
  !spec?.claimRef && !LEFT_BEHIND.has(status?.phase) && !metadata?.deletionTimestamp;

/**
 * Whether the volume could be given to the claim: it is big enough, can be mounted in all the ways asked for and, unless a person
 * chose the two for each other, is of the class and has the labels asked for; and no other claim has it. Where it can be
 * reached from (`spec.nodeAffinity`) is not looked at.
 */
export function volumeFitsClaim(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const chosen = claim.spec?.volumeName;
  if (chosen && chosen !== volume.metadata?.name) return false;
  if (volume.metadata?.deletionTimestamp) return false;
  if (!suits(volume, claim)) return false;
  if (volume.spec?.claimRef) return isKeptFor(volume, claim);
  if (!isFree(volume) || classOfVolume(volume) !== classOfClaim(claim)) return false;
  const { selector, volumeAttributesClassName } = claim.spec ?? {};
  if ((volume.spec?.volumeAttributesClassName ?? '') !== (volumeAttributesClassName ?? '')) return false;
  // Whoever names a volume means it, whatever its labels.
  return !!chosen || !selector || matchesLabelSelector(selector, volume.metadata?.labels);
}

/** What no choice can make up for: size and ways to mount. */
function suits({ spec: offer }: PersistentVolume, { spec: wish }: PersistentVolumeClaim): boolean {
  if ((offer?.volumeMode ?? 'Filesystem') !== (wish?.volumeMode || 'Filesystem')) return false;
  if (!(wish?.accessModes ?? []).every((mode) => offer?.accessModes?.includes(mode))) return false;
  return compareQuantities(offer?.capacity?.storage ?? '0', wish?.resources?.requests?.storage ?? '0') >= 0;
}

/** Begins a binding: keeps `volume` for `claim`. Changes `volume`, which the caller owns. */
export function keepVolumeFor(volume: PersistentVolume, claim: PersistentVolumeClaim): void {
  const { namespace, name, uid, resourceVersion } = metaOf(claim);
  const spec = volume.spec ?? {};
  // A person's choice stays a person's; only the claim's identity is filled in.
  if (!isKeptFor(volume, claim)) {
    const meta = metaOf(volume);
    meta.annotations = { ...meta.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
  }
  spec.claimRef = {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    namespace,
    name,
    uid,
    resourceVersion,
  };
  volume.spec = spec;
}
