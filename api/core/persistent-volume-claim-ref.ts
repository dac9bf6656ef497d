import { metaOf } from '../meta/naming.ts';
import type { PersistentVolume } from './persistent-volume.ts';
import type { PersistentVolumeClaim } from './persistent-volume-claim.ts';

/** Of the rules in persistent-volume-binding.ts those that the agent needs too, which has no use for selectors. */

/** The provisioner that made a volume, and that will delete it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

/**
 * Whether the volume is kept for this claim. A reference without a uid was written by a person: it means whatever claim has the
 * name. One with a uid means that very claim and none that takes its name later.
 */
export function isKeptFor({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = spec?.claimRef;
  const { namespace, name, uid } = metaOf(claim);
  if (reference?.namespace !== namespace || reference?.name !== name) return false;
  return !reference?.uid || reference.uid === uid;
}
