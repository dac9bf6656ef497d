import type { Pod } from '../../api/core/pod.ts';
import type { PodGroupReference } from '../../api/stowage/pod-group.ts';
import type { VolumeChoice } from './volumes/volume-resolution.ts';

/** What the scheduler wants done. Carried out by the binding loop; whatever fails is told back. */
export type Decision =
  /** The pod goes to the node, with these claims bound first. Accounted already. */
  | { readonly type: 'bind'; readonly pod: Pod; readonly nodeName: string; readonly volumes: readonly VolumeChoice[] }
  /** The pod has to leave, with its grace, for one of a more important band or priority. */
  | { readonly type: 'evict'; readonly pod: Pod; readonly preemptor: Pod; readonly nodeName: string }
  /** The place on the node is held for the pod until those who leave are gone; without a node, no longer. */
  | { readonly type: 'nominate'; readonly pod: Pod; readonly nodeName: string | undefined }
  /** Say why the pod is pending. */
  | { readonly type: 'explain'; readonly pod: Pod; readonly message: string }
  /** Say how a gang is doing. */
  | {
      readonly type: 'group';
      readonly namespace: string;
      readonly group: PodGroupReference;
      readonly phase: GangPhase;
      readonly message: string;
    };

export type GangPhase = 'Pending' | 'Scheduled' | 'TimedOut';
