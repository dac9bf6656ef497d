import type {
  ContainerInfo,
  ContainerLimits,
  ContainerStats,
  ImageInfo,
  Labels,
  RuntimeInfo,
  StoredImage,
  Subscription,
  VolumeInfo,
  WatchHandlers,
} from './runtime/facts.ts';
import type { ContainerSpec, NetworkSpec, PullOptions, VolumeSpec } from './runtime/spec.ts';
import type { ExecOptions, ExecResult, LogOptions, ProcessStreams, StreamOptions } from './runtime/streams.ts';

export { isRuntimeError, RuntimeError, type RuntimeErrorKind } from './runtime/error.ts';
export type * from './runtime/facts.ts';
export type * from './runtime/spec.ts';
export type * from './runtime/streams.ts';

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

  /**
   * Makes the bridge network if it is absent, and leaves one that is there alone. With a `spec`, one that is there and has other addresses
   * is made anew; `conflict` while containers are attached to it.
   */
  ensureNetwork(name: string, labels: Labels, spec?: NetworkSpec): Promise<void>;
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
