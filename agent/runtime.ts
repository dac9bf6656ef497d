/**
 * The ContainerRuntime seam: what the agent needs of a container engine, in its own words. The Docker adapter (docker/) and
 * the simulator's fake (sim/container-runtime.ts) both pass `runtime.suite.ts`.
 *
 * Every method rejects with a {@link RuntimeError} and nothing else. No method retries: the pod workers, the observer and the
 * image puller do, each with its own back-off.
 */
export interface ContainerRuntime {
  /** Facts on the engine and its machine. `unreachable`: the engine is down. */
  info(): Promise<RuntimeInfo>;

  /** Makes the bridge network if it is absent, and leaves one that is there alone. */
  ensureNetwork(name: string, labels: Labels): Promise<void>;
  /** Removes the network. Absent is fine; `conflict` while containers are attached. */
  removeNetwork(name: string): Promise<void>;

  /** Makes a volume of the engine; one of that name is left as it is. Nothing is mounted before a container with it starts. */
  ensureVolume(name: string, spec: VolumeSpec, labels: Labels): Promise<void>;
  /** Removes a volume. Absent is fine; `conflict` while a container refers to it. */
  removeVolume(name: string): Promise<void>;
  /** Every volume that carries all of `labels`. */
  volumes(labels: Labels): Promise<VolumeInfo[]>;
  /**
   * Directory of the engine's machine in which a volume's content is seen; while no container that runs holds it, the content of
   * one in memory or of a server is not there. Undefined: there is no such volume.
   */
  volumePath(name: string): Promise<string | undefined>;

  /** Every container, in any state, that carries all of `labels`. */
  list(labels: Labels): Promise<ContainerInfo[]>;
  /** One container, or undefined when there is none of that id or name. */
  inspect(idOrName: string): Promise<ContainerInfo | undefined>;

  /**
   * Subscribes to changes of containers that carry all of `labels`. Resolves once changes from now on will be delivered, so
   * that `watch` then `list` misses nothing. `lost` is called at most once, never after `close`; then list and watch again.
   */
  watch(labels: Labels, handlers: WatchHandlers): Promise<Subscription>;

  /** The image if it is on this machine. `invalid`: not an image reference. */
  image(reference: string): Promise<ImageInfo | undefined>;
  /**
   * Fetches the image from its registry. `failed`: the registry refused or cannot be reached, the message says which; or `signal`
   * aborted, with its reason.
   */
  pull(reference: string, signal: AbortSignal, options?: PullOptions): Promise<ImageInfo>;
  /** Every image on this machine, whoever brought it here, but for parts of others. */
  images(): Promise<StoredImage[]>;
  /** Removes an image and all its names. Absent is fine; `conflict` while there is a container of it, running or not. */
  removeImage(id: string): Promise<void>;
  /** Loads images from an archive as `docker save` writes it. */
  load(archive: Uint8Array): Promise<void>;

  /**
   * Makes a container and gives its id; it does not run yet. `image-missing`: pull first. `conflict`: the name is taken (by an
   * earlier try whose answer was lost: inspect it by name). `invalid`: the engine will never accept this spec.
   */
  create(spec: ContainerSpec): Promise<string>;
  /** Runs a created container. `failed`: it cannot start (no such command, mount trouble); it stays as created. */
  start(id: string): Promise<void>;
  /**
   * Sends the stop signal, and SIGKILL after the grace (whole seconds, >= 0); resolves when it has ended. Not running is
   * fine. `not-found`: there is no such container.
   */
  stop(id: string, graceSeconds: number): Promise<void>;
  /** Lets a container go on that somebody has paused. One that is not paused is fine. `not-found`: there is no such container. */
  resume(id: string): Promise<void>;
  /** Sends a signal (default SIGKILL). Not running is fine. */
  kill(id: string, signal?: string): Promise<void>;
  /**
   * Changes what a running container may use. `failed`: the kernel refuses, such as a memory limit below what is in use.
   * `not-found`: there is no such container.
   */
  update(id: string, limits: ContainerLimits): Promise<void>;
  /** Removes a container, killing it if it runs. Absent is fine. */
  remove(id: string): Promise<void>;

  /** Runs a command inside a running container to its end. `failed`: it could not be started. */
  exec(id: string, command: readonly string[], signal: AbortSignal): Promise<ExecResult>;
  /**
   * Starts a command inside a running container and holds its streams. `failed`: the container does not run. A command that does
   * not exist is told as the engine does: a sentence on its output and exit code 126 or 127.
   */
  openExec(id: string, request: ExecOptions, signal: AbortSignal): Promise<ProcessStreams>;
  /** Joins the streams of a running container's own process, from now on. `failed`: it does not run. */
  attach(id: string, request: StreamOptions, signal: AbortSignal): Promise<ProcessStreams>;

  /**
   * What a container wrote to both of its outputs, pulled: nothing is read ahead of the consumer but one buffer, and a piece is
   * good until the next is asked for. Ends at the end of the log, or, with `follow`, when the container ends or `signal` aborts.
   * Throws `not-found` when the container is gone.
   */
  logs(id: string, options: LogOptions, signal: AbortSignal): AsyncIterable<Uint8Array>;

  /** What a container has written: its own layer over the image. 0 when there is none. Costs the engine a walk through it. */
  diskBytes(id: string): Promise<number>;
  /** One reading of a running container's use; undefined when it does not run. Costs the engine some work: a last resort. */
  stats(id: string): Promise<ContainerStats | undefined>;

  /** Lets go of connections. */
  close(): void;
}

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

/** What a volume of the engine is made of. */
export type VolumeSpec =
  /** Memory; at most so large (undefined: the engine's default), owned by the group if one is given. */
  | { readonly kind: 'memory'; readonly sizeBytes?: number; readonly group?: number }
  /** A directory of an NFS server; `options` as mount(8) takes them. */
  | { readonly kind: 'nfs'; readonly server: string; readonly path: string; readonly options: readonly string[] }
  /** Room on the engine's own disk. */
  | { readonly kind: 'disk' };

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

export interface PullOptions {
  /** Default: as anybody. */
  readonly credentials?: RegistryCredentials;
  /** Called as often as there is news. */
  progress?(progress: PullProgress): void;
}

/** Of the layers that have to be fetched, as far as they are known by then. */
export interface PullProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What opens a registry: a name with a password, or a token. Never to be logged. */
export interface RegistryCredentials {
  /** `host[:port][/path]`. */
  readonly server: string;
  readonly username?: string;
  readonly password?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
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

export interface Mount {
  /** `bind`: a path of this machine. `volume`: a volume of the engine, which makes an empty one where there is none. */
  readonly kind: 'bind' | 'volume';
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Only this part of the source; the engine is never asked for parts: what they are is found before (agent/volumes). */
  readonly subPath?: string;
  readonly propagation?: 'private' | 'rslave' | 'rshared';
  /** Of a `bind`: whether `readOnly` holds for what is mounted below it, too. Default `no`; `yes` fails where it cannot be had. */
  readonly recursiveReadOnly?: 'no' | 'if-possible' | 'yes';
}

export interface PortMapping {
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly hostPort: number;
  /** Empty: all addresses. */
  readonly hostIp: string;
}

/** `{ container }`: shares that of another container (its id). */
export type Namespace = 'private' | 'shareable' | 'host' | { readonly container: string };

export interface ContainerSpec extends ContainerLimits {
  readonly name: string;
  readonly image: string;
  readonly labels: Labels;
  /** Replaces the image's entry point; undefined keeps it. */
  readonly entrypoint?: readonly string[];
  /** Replaces the image's command; undefined keeps it. */
  readonly command?: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly workingDir?: string;
  /** `uid`, or `uid:gid`. */
  readonly user?: string;
  readonly groups: readonly string[];
  readonly hostname?: string;
  readonly stopSignal?: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  /** Its standard input ends when the first client that is attached to it leaves. */
  readonly stdinOnce?: boolean;
  /** A network by name, the host's, or another container's. */
  readonly network: { readonly name: string } | 'host' | { readonly container: string };
  readonly ipc: Namespace;
  readonly pid: Namespace;
  readonly ports: readonly PortMapping[];
  readonly sysctls: Labels;
  readonly mounts: readonly Mount[];
  readonly readOnlyRoot: boolean;
  readonly privileged: boolean;
  readonly noNewPrivileges: boolean;
  /** Nothing of /proc is hidden or read-only. */
  readonly unmaskedProc?: boolean;
  /** The text of a seccomp profile (JSON), or `unconfined`; undefined: the engine's own. */
  readonly seccomp?: string;
  /** An AppArmor profile of the engine's machine by name, or `unconfined`; undefined: the engine's own. */
  readonly appArmor?: string;
  /** The SELinux label, where the engine has SELinux; elsewhere it means nothing. */
  readonly seLinux?: {
    readonly user?: string;
    readonly role?: string;
    readonly type?: string;
    readonly level?: string;
  };
  /** Devices that the engine knows how to give: all of one driver. */
  readonly devices?: { readonly driver: string; readonly ids: readonly string[] };
  /** The cgroup that it is made in, as a path below the root of cgroups; undefined: the engine's own. */
  readonly cgroupParent?: string;
  readonly capabilitiesAdd: readonly string[];
  readonly capabilitiesDrop: readonly string[];
  readonly oomScoreAdj: number;
  /** 0 is no limit. */
  readonly pidsLimit: number;
}

export interface ExecResult {
  readonly exitCode: number;
  /** The first 4 KiB of what it wrote. */
  readonly output: string;
}

/** Which streams are wanted. A terminal has one output, so that with `tty` everything is standard output. */
export interface StreamOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface ExecOptions extends StreamOptions {
  readonly command: readonly string[];
}

/**
 * The streams of a process, with back-pressure both ways: what it writes is held back until it is asked for, and `write`
 * resolves only when more may follow. The signal it was opened with closes it.
 */
export interface ProcessStreams {
  /** Ends when the process (of `attach`: the container) has closed its outputs, or after `close`. For one reader. */
  readonly output: AsyncIterable<LogChunk>;
  /** Rejects once nobody reads the input any more. */
  write(data: Uint8Array): Promise<void>;
  /** The input is at its end. */
  endInput(): void;
  /** Size of its terminal, in characters. Never fails: the newest size is told at best effort. */
  resize(width: number, height: number): void;
  /** To be asked after the end of `output`: resolves when the process has ended. Of `attach`: 0 at once. */
  exitCode(): Promise<number>;
  /** Lets go of the streams; the process itself is left alone. */
  close(): void;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Each line starts with its RFC 3339 time and a space. */
  readonly timestamps: boolean;
  /** Only the last so many lines; a line of more than 16 KiB counts as several. */
  readonly tailLines?: number;
  /** Only lines written at or after this time. */
  readonly sinceMs?: number;
}

export interface LogChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Uint8Array;
}

export interface ContainerStats {
  readonly cpuSeconds: number;
  readonly memoryWorkingSetBytes: number;
  /** By interface. */
  readonly network: Readonly<Record<string, { readonly receivedBytes: number; readonly transmittedBytes: number }>>;
}

export type RuntimeErrorKind = 'unreachable' | 'not-found' | 'conflict' | 'image-missing' | 'invalid' | 'failed';

/** What went wrong at the engine; `message` is fit for people. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly kind: RuntimeErrorKind;

  constructor(kind: RuntimeErrorKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

export const isRuntimeError = (error: unknown, kind?: RuntimeErrorKind): error is RuntimeError =>
  error instanceof RuntimeError && (kind === undefined || error.kind === kind);
