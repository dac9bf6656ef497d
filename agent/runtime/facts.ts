export type Labels = Readonly<Record<string, string>>;

export interface RuntimeInfo {
  /** `docker`. */
  readonly name: string;
  readonly version: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** As Go names them: `linux`; `amd64`, `arm64`. */
  readonly os: string;
  readonly architecture: string;
  readonly osImage: string;
  readonly kernelVersion: string;
  /** Where it keeps images and containers, when that is on this machine. */
  readonly dataRoot?: string;
  readonly cgroupVersion: 1 | 2;
  /** Who makes cgroups: `cgroupfs`, `systemd` or `none`. */
  readonly cgroupDriver: string;
  /** What the engine confines containers with: `seccomp`, `apparmor`, `selinux`; and `rootless`, where it is. */
  readonly security: readonly string[];
}

export interface VolumeInfo {
  readonly name: string;
  readonly labels: Labels;
}

export interface ContainerInfo {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  /** As given at creation. */
  readonly image: string;
  readonly imageId: string;
  /** `exited` covers every state in which it will not run again by itself. */
  readonly state: 'created' | 'running' | 'exited';
  readonly createdAtMs: number;
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
  readonly exitCode?: number;
  readonly oomKilled?: boolean;
  /** Why it could not be started, in the engine's words. */
  readonly error?: string;
  /** Process id of its first process on this machine, while it runs. */
  readonly pid?: number;
  /** Its address on the cell's network, where it has one of its own. */
  readonly ip?: string;
  /** It runs, but somebody holds it still. */
  readonly paused?: true;
  /** What it may use; undefined where it is not known. */
  readonly limits?: ContainerLimits;
}

/** What of a container's limits can be changed while it runs. */
export interface ContainerLimits {
  /** cgroup v1 shares, >= 2; the engine turns them into a v2 weight. */
  readonly cpuShares: number;
  /** Microseconds of CPU per 100 ms period; 0 is no limit. */
  readonly cpuQuotaUs: number;
  /** 0 is no limit. Swap is never allowed beyond it. */
  readonly memoryBytes: number;
}

export interface ContainerEvent {
  readonly type: 'created' | 'started' | 'paused' | 'resumed' | 'died' | 'oom' | 'removed';
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly labels: Labels;
  readonly atMs: number;
  /** With `died`. */
  readonly exitCode?: number;
}

/** Called one at a time, in the engine's order. Must not throw. */
export interface WatchHandlers {
  event(event: ContainerEvent): void;
  lost(reason: Error): void;
}

export interface Subscription {
  close(): void;
}

export interface ImageInfo {
  readonly id: string;
  /** User the image runs as; empty is root. */
  readonly user: string;
  readonly sizeBytes?: number;
}

/** Of the layers that have to be fetched, as far as they are known by then. */
export interface PullProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface StoredImage {
  readonly id: string;
  /** Its names: `repository:tag`, and `repository@digest` as registries know it. */
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly sizeBytes: number;
  /** Whether there is a container of it, running or not, whosever. */
  readonly inUse: boolean;
}

export interface ContainerStats {
  readonly cpuSeconds: number;
  readonly memoryWorkingSetBytes: number;
  /** By interface. */
  readonly network: Readonly<Record<string, { readonly receivedBytes: number; readonly transmittedBytes: number }>>;
}
