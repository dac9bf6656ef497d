import { controllerOf } from '../meta/naming.ts';
import type { PersistentVolumeClaim } from './persistent-volume-claim.ts';
import type { Pod } from './pod.ts';

/** Claims that are made for one pod and removed with it ("Ephemeral Volumes", "Generic ephemeral volumes"). */

/** Name of the claim of a pod's ephemeral volume. */
export const ephemeralClaimName = (podName: string, volumeName: string): string => `${podName}-${volumeName}`;

/** Whether it was made for this very pod, and is not another's that has the name. */
export const isMadeFor = (claim: PersistentVolumeClaim, pod: Pod): boolean =>
  controllerOf(claim)?.uid === pod.metadata?.uid;
