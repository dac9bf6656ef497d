import type { ContainerLimits } from '../runtime.ts';
import type { Role } from './state.ts';

/**
 * What the planner may ask for. The steps of one plan do not depend on each other and are carried out at once; what must come
 * after them is planned when they are done. Each step may be carried out twice without harm.
 */
export type Step =
  | { readonly type: 'prepareVolumes'; readonly sourcesVersion: string }
  | { readonly type: 'createSandbox'; readonly attempt: number }
  | { readonly type: 'startSandbox'; readonly id: string }
  | { readonly type: 'ensureImage'; readonly container: string; readonly image: string; readonly attempt: number }
  | CreateContainer
  | { readonly type: 'startContainer'; readonly container: string; readonly id: string }
  | { readonly type: 'runPostStart'; readonly container: string; readonly id: string }
  /** Somebody else has paused it. */
  | { readonly type: 'resumeContainer'; readonly container: string; readonly id: string }
  | { readonly type: 'readLastWords'; readonly container: string; readonly id: string }
  | {
      readonly type: 'resizeContainer';
      readonly container: string;
      readonly id: string;
      readonly limits: ContainerLimits;
    }
  | StopContainer
  | { readonly type: 'killContainer'; readonly container: string; readonly id: string }
  | { readonly type: 'removeContainer'; readonly container: string; readonly id: string }
  | { readonly type: 'removeSandbox'; readonly id: string }
  | { readonly type: 'removeVolumes' }
  /** All is gone and the pod was being deleted: the master may remove the object. */
  | { readonly type: 'reportGone' }
  /** All is gone: the agent may forget the pod. */
  | { readonly type: 'forget' }
  | EventStep;

export interface CreateContainer {
  readonly type: 'createContainer';
  readonly role: Role;
  readonly container: string;
  readonly attempt: number;
  readonly crashes: number;
  readonly sandbox: { readonly id: string; readonly attempt: number };
  /** The container whose processes it is to see: its id. */
  readonly target?: string;
}

export interface StopContainer {
  readonly type: 'stopContainer';
  readonly container: string;
  readonly id: string;
  readonly graceSeconds: number;
  /** What people are told beside that it is ended: why. */
  readonly why?: string;
}

export interface EventStep {
  readonly type: 'event';
  readonly eventType: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Container the event is about; empty for the pod. */
  readonly container: string;
}
