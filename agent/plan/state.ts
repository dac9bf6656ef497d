import type { Pod } from '../pod-types.ts';
import type { ContainerInfo, ContainerLimits } from '../runtime.ts';

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
  /** What failed and when to try again, by `sandbox`, `volumes`, `container/<name>` or `resize/<name>`. */
  readonly troubles: ReadonlyMap<string, Trouble>;
  /** Containers that were asked to end, by id. */
  readonly stopping: ReadonlyMap<string, Stopping>;
  /** What probes found, by container id; without an entry they have found nothing yet. */
  readonly probes: ReadonlyMap<string, ProbeVerdict>;
  /** postStart hooks of the containers that this agent has started, by container id; without an entry there is none left to run. */
  readonly hooks: ReadonlyMap<string, HookState>;
  /** What ended containers left as their last words, by container id; without an entry nobody has looked yet. */
  readonly lastWords: ReadonlyMap<string, string>;
  /** The agent itself has decided to end the pod. */
  readonly ending?: PodEnding;
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
  /** What it may use, as the engine enforces it; undefined until it has been inspected. */
  readonly limits?: ContainerLimits;
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

/** What the probes of one running container say together (Kubernetes, "Liveness, Readiness, and Startup Probes"). */
export interface ProbeVerdict {
  /** Its startup probe has succeeded, or it has none. */
  readonly started: boolean;
  /** Its readiness probe succeeds, or it has none. */
  readonly ready: boolean;
  /** One that is to end it has failed as often as its threshold says. */
  readonly failed?: {
    readonly probe: 'liveness' | 'startup';
    /** Replaces the pod's grace. */
    readonly graceSeconds?: number;
  };
}

/** `due`: to be run now. `failed`: why, for people; its container is to be ended. */
export type HookState =
  | { readonly state: 'due' | 'running' | 'done' }
  | { readonly state: 'failed'; readonly message: string };

/** An end that the agent decided on: `Evicted`, `OutOfcpu`, ... Its pod is over, failed. */
export interface PodEnding {
  readonly reason: string;
  readonly message: string;
  /** Replaces the grace of the pod where it is shorter. */
  readonly graceSeconds?: number;
}

/** Why a change of resources is not granted, or not yet (Kubernetes, "Pod resize status"). */
export interface ResizeRefusal {
  readonly reason: 'Deferred' | 'Infeasible';
  readonly message: string;
}

export const SANDBOX_NAME = 'POD';

/** Keys of {@link ObservedPod.troubles}. */
export const SANDBOX_TROUBLE = 'sandbox';
export const VOLUMES_TROUBLE = 'volumes';
export const resizeTrouble = (name: string): string => `resize/${name}`;
export const containerTrouble = (name: string): string => `container/${name}`;
