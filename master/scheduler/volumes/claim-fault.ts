import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';

/** The claim should have been bound before its pod came. */
export const UNBOUND = 'pod has unbound immediate PersistentVolumeClaims';

/** Why no node will do, whatever the claim is bound to. */
export function faultOfClaim(
  claim: PersistentVolumeClaim | undefined,
  name: string,
  ephemeral: boolean,
  podUid: string | undefined,
): string | undefined {
  const quoted = JSON.stringify(name);
  if (!claim) {
    return ephemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${quoted}`
      : `persistentvolumeclaim ${quoted} not found`;
  }
  if (claim.metadata?.deletionTimestamp) return `persistentvolumeclaim ${quoted} is being deleted`;
  if (claim.status?.phase === 'Lost')
    return `persistentvolumeclaim ${quoted} bound to non-existent persistentvolume ${JSON.stringify(claim.spec?.volumeName ?? '')}`;
  const owner = claim.metadata?.ownerReferences?.find(({ controller }) => controller);
  if (ephemeral && podUid !== undefined && owner?.uid !== podUid)
    return `persistentvolumeclaim ${quoted} was not created for this pod (the pod does not own it)`;
  return undefined;
}
