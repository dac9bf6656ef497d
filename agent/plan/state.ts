import type { Pod } from '../pod-types.ts';
import type { ContainerInfo } from '../runtime.ts';

/** What one pod should be, as the planner sees it. */
export interface DesiredPod {
  readonly pod: Pod;
  /** False once the API no longer assigns the pod to this node: its containers are ended and all traces removed. */
  readonly wanted: boolean;
  /** Changes whenever a ConfigMap or Secret that the pod refers to does. */
  readonly sourcesVersion: string;
}

/** What one pod is: its containers as the engine has them, and what the agent remembers of its own tries. */
export interface ObservedPod {
  readonly containers: readonly ObservedContainer[];
  /** Version of the sources the volumes were last prepared from; undefined: not prepared. */
  readonly volumesVersion: string | undefined;
  /** True while anything of the pod is left on disk. */
  readonly volumesOnDisk: boolean;
  /** By container name. */
  readonly images: ReadonlyMap<string, ImageProgress>;
  /** What failed and when to try again, by `sandbox`, `volumes`, or `container/<name>`. */
  readonly troubles: ReadonlyMap<string, Trouble>;
  /** Containers that were asked to end, by id. */
  readonly stopping: ReadonlyMap<string, Stopping>;
  /** What probes found, by container name; without an entry a running container counts as started and ready. */
  readonly probes: ReadonlyMap<string, ProbeResult>;
}

/** One container of a pod: one attempt at running it. A container is never started twice by the agent. */
export interface ObservedContainer extends Omit<ContainerInfo, 'labels'> {
  readonly role: Role;
  /** Name in the pod's spec; of the sandbox, `POD`. */
  readonly name: string;
  /** 0 for the first; each restart is one more. Also the sandbox's own count of how often it was made. */
  readonly attempt: number;
  /** How many attempts before this one ended soon after their start, without a long run in between. */
  readonly crashes: number;
  /** The sandbox whose network it shares: its id, and its attempt. A sandbox names itself by its attempt alone. */
  readonly sandboxId: string;
  readonly sandboxAttempt: number;
  /** Hash of the parts of its spec that cannot change without a restart. */
  readonly specHash: string;
  /** It is known from an earlier status only: the engine has it no more. */
  readonly vanished?: boolean;
}

export type Role = 'sandbox' | 'init' | 'app' | 'ephemeral';
/** Roles of the containers that a pod's spec names. */
export type SpecRole = Exclude<Role, 'sandbox'>;

export interface ImageProgress {
  /** The attempt for which this holds. */
  readonly attempt: number;
  readonly state: 'absent' | 'pulling' | 'pulled';
}

export interface Trouble {
  /** Kubernetes' reason for waiting: `ErrImagePull`, `CreateContainerConfigError`, ... */
  readonly reason: string;
  readonly message: string;
  /** In a row. */
  readonly failures: number;
  readonly retryAtMs: number;
}

export interface Stopping {
  readonly sinceMs: number;
  readonly graceSeconds: number;
}

export interface ProbeResult {
  readonly started: boolean;
  readonly ready: boolean;
}

export const SANDBOX_NAME = 'POD';

/** Keys of {@link ObservedPod.troubles}. */
export const SANDBOX_TROUBLE = 'sandbox';
export const VOLUMES_TROUBLE = 'volumes';
export const containerTrouble = (name: string): string => `container/${name}`;
