import {
  type ContainerEvent,
  type ContainerInfo,
  type ContainerLimits,
  type ContainerRuntime,
  type ContainerSpec,
  type ContainerStats,
  type ExecOptions,
  type ExecResult,
  type ImageInfo,
  type Labels,
  type LogChunk,
  type LogOptions,
  type PullOptions,
  RuntimeError,
  type RuntimeInfo,
  type StoredImage,
  type StreamOptions,
  type Subscription,
  type VolumeInfo,
  type VolumeSpec,
  type WatchHandlers,
} from '../agent/runtime.ts';
import { type Clock, sleep, type Timer, timestamp } from '../platform/clock.ts';
import { FakeProcess } from './fake-process.ts';

/** What a simulated process does; the first word of its container's entry point (else command) names it. */
export interface Program {
  /** Ends by itself after so long; undefined: never. */
  readonly runsMs?: number;
  readonly exitCode?: number;
  readonly prints?: readonly { readonly stream: LogChunk['stream']; readonly text: string }[];
  /** Pays no attention to the stop signal. */
  readonly stubborn?: boolean;
  /** Writes back what it reads, and ends with its input. */
  readonly echoes?: boolean;
  /** It cannot be started. */
  readonly startError?: string;
}

type Operation =
  | 'create'
  | 'start'
  | 'stop'
  | 'kill'
  | 'remove'
  | 'update'
  | 'list'
  | 'inspect'
  | 'pull'
  | 'image'
  | 'images'
  | 'watch'
  | 'info';

interface Container {
  readonly spec: ContainerSpec;
  readonly id: string;
  readonly createdAtMs: number;
  state: ContainerInfo['state'];
  paused?: true;
  startedAtMs?: number;
  finishedAtMs?: number;
  exitCode?: number;
  ip?: string;
  limits: ContainerLimits;
  timers: Timer[];
  readonly log: { atMs: number; chunk: LogChunk }[];
  readonly ended: Set<() => void>;
}

export interface FakeRuntimeOptions {
  readonly clock: Clock;
  /** Programs by name; a name that is not there runs for ever. */
  readonly programs?: Readonly<Record<string, Program>>;
  /** Images that are there. Default: every image is. */
  readonly images?: readonly string[];
  /** Images that can be pulled. Default: none. */
  readonly pullable?: readonly string[];
  /** What ids begin with, where several engines must not give the same. Default `c`. */
  readonly idPrefix?: string;
  /** Hears of containers as they begin and cease to run, at that moment. */
  readonly onRun?: (container: { readonly id: string; readonly labels: Labels }, running: boolean) => void;
}

/**
 * A container engine in memory, driven by the clock and by nothing else: the same calls at the same times give the same
 * answers. Faults are one line each: `down`, `latencyMs`, `failNext`, `loseNextAnswer`, `dropEvents`, `die`, `vanish`.
 * Throws on what it does not simulate.
 */
export class FakeRuntime implements ContainerRuntime {
  /** Every answer takes this long. */
  latencyMs = 0;
  /** Events are lost while set; the stream stays. */
  dropEvents = false;
  /** Starts of a container while another attempt at the same one was running. */
  readonly doubleStarts: string[] = [];
  private readonly options: FakeRuntimeOptions;
  private readonly containers = new Map<string, Container>();
  private readonly stored: Set<string> | undefined;
  private readonly networks = new Set<string>();
  private readonly volumesMade = new Map<string, Labels>();
  private readonly watchers = new Set<{ readonly labels: Labels; readonly handlers: WatchHandlers }>();
  private readonly failures: { operation: Operation; error: RuntimeError; after: boolean }[] = [];
  private isDown = false;
  private made = 0;

  constructor(options: FakeRuntimeOptions) {
    this.options = options;
    this.stored = options.images && new Set(options.images);
  }

  /** Whether the engine answers. Going down breaks every stream. */
  set down(value: boolean) {
    this.isDown = value;
    if (value) this.breakStreams();
  }

  /** The next such call fails and changes nothing. */
  failNext(operation: Operation, error: RuntimeError): void {
    this.failures.push({ operation, error, after: false });
  }

  /** The next such call is carried out, but its answer never arrives. */
  loseNextAnswer(operation: Operation): void {
    const error = new RuntimeError('unreachable', `the answer to ${operation} was lost`);
    this.failures.push({ operation, error, after: true });
  }

  /** Every watcher loses its stream and must come again. */
  breakStreams(): void {
    for (const watcher of [...this.watchers]) {
      this.watchers.delete(watcher);
      this.options.clock.setTimer(0, () => watcher.handlers.lost(new Error('the stream of events broke')));
    }
  }

  /** A container's process ends behind everybody's back. */
  die(id: string, exitCode = 137): void {
    const container = this.containers.get(id);
    if (container?.state === 'running') this.end(container, exitCode);
  }

  /** The machine loses its power: nothing runs any more, and nobody is told. It is down until somebody says otherwise. */
  powerOff(): void {
    this.down = true;
    this.dropEvents = true;
    for (const container of this.containers.values()) this.end(container, 255);
    this.dropEvents = false;
  }

  /** A container is removed behind everybody's back. */
  vanish(id: string): void {
    const container = this.containers.get(id);
    if (container) this.drop(container);
  }

  /** All containers, for assertions. */
  all(): ContainerInfo[] {
    return [...this.containers.values()].map((container) => this.infoOf(container));
  }

  async info(): Promise<RuntimeInfo> {
    return this.answer('info', () => ({
      name: 'fake',
      version: '1',
      cpus: 4,
      memoryBytes: 8 * 1024 ** 3,
      os: 'linux',
      architecture: 'amd64',
      osImage: 'Simulated',
      kernelVersion: '0',
      cgroupVersion: 2,
      cgroupDriver: 'none',
      security: [],
    }));
  }

  async ensureNetwork(name: string): Promise<void> {
    await this.answer('create', () => this.networks.add(name));
  }

  async removeNetwork(name: string): Promise<void> {
    await this.answer('remove', () => this.networks.delete(name));
  }

  async ensureVolume(name: string, _spec: VolumeSpec, labels: Labels): Promise<void> {
    await this.answer('create', () => void (this.volumesMade.has(name) || this.volumesMade.set(name, labels)));
  }

  async volumes(labels: Labels): Promise<VolumeInfo[]> {
    const wanted = Object.entries(labels);
    return await this.answer('list', () =>
      [...this.volumesMade]
        .filter(([, found]) => wanted.every(([key, value]) => found[key] === value))
        .map(([name, found]) => ({ name, labels: found })),
    );
  }

  async volumePath(name: string): Promise<string | undefined> {
    return await this.answer('inspect', () => (this.volumesMade.has(name) ? `/volumes/${name}` : undefined));
  }

  async removeVolume(name: string): Promise<void> {
    await this.answer('remove', () => {
      const inUse = [...this.containers.values()].some(({ spec }) => spec.mounts.some(({ source }) => source === name));
      if (inUse) throw new RuntimeError('conflict', `volume ${name} is in use`);
      this.volumesMade.delete(name);
    });
  }

  async list(labels: Labels): Promise<ContainerInfo[]> {
    return this.answer('list', () => this.all().filter((info) => carries(info.labels, labels)));
  }

  async inspect(idOrName: string): Promise<ContainerInfo | undefined> {
    return this.answer('inspect', () => {
      const found = this.containers.get(idOrName) ?? this.named(idOrName);
      return found && this.infoOf(found);
    });
  }

  async watch(labels: Labels, handlers: WatchHandlers): Promise<Subscription> {
    return this.answer('watch', () => {
      const watcher = { labels, handlers };
      this.watchers.add(watcher);
      return { close: () => this.watchers.delete(watcher) };
    });
  }

  async image(reference: string): Promise<ImageInfo | undefined> {
    return this.answer('image', () => (this.has(reference) ? imageInfo(reference) : undefined));
  }

  async pull(reference: string, _signal: AbortSignal, options?: PullOptions): Promise<ImageInfo> {
    return this.answer('pull', () => {
      if (!this.options.pullable?.includes(reference)) {
        throw new RuntimeError('failed', `cannot pull image ${reference}: there is no registry here`);
      }
      options?.progress?.({ doneBytes: IMAGE_BYTES, totalBytes: IMAGE_BYTES });
      this.stored?.add(reference);
      return imageInfo(reference);
    });
  }

  async images(): Promise<StoredImage[]> {
    return this.answer('images', () =>
      [...(this.stored ?? [])].map((tag) => ({
        ...{ id: imageInfo(tag).id, tags: [tag], digests: [], sizeBytes: IMAGE_BYTES },
        inUse: [...this.containers.values()].some(({ spec }) => spec.image === tag),
      })),
    );
  }

  async removeImage(id: string): Promise<void> {
    await this.answer('images', () => {
      const reference = [...(this.stored ?? [])].find((one) => imageInfo(one).id === id);
      const inUse = [...this.containers.values()].some(({ spec }) => spec.image === reference);
      if (inUse) throw new RuntimeError('conflict', `image ${id} is in use`);
      if (reference !== undefined) this.stored?.delete(reference);
    });
  }

  async load(_archive: Uint8Array): Promise<void> {
    await this.answer('create', () => this.stored?.add('stowage.dev/pause:1'));
  }

  async create(spec: ContainerSpec): Promise<string> {
    return this.answer('create', () => {
      if (!this.has(spec.image)) throw new RuntimeError('image-missing', `No such image: ${spec.image}`);
      const taken = this.named(spec.name);
      if (taken) throw new RuntimeError('conflict', `the name ${spec.name} is taken by ${taken.id}`);
      if (typeof spec.network === 'object' && 'container' in spec.network) this.must(spec.network.container);
      this.made += 1;
      const id = `${this.options.idPrefix ?? 'c'}${String(this.made).padStart(6, '0')}`;
      const createdAtMs = this.options.clock.now();
      const { cpuShares, cpuQuotaUs, memoryBytes } = spec;
      const limits = { cpuShares, cpuQuotaUs, memoryBytes };
      const container: Container = {
        ...{ spec, id, createdAtMs, limits, state: 'created' },
        ...{ timers: [], log: [], ended: new Set() },
      };
      this.containers.set(id, container);
      this.emit('created', container);
      return id;
    });
  }

  async start(id: string): Promise<void> {
    await this.answer('start', () => {
      const container = this.must(id);
      if (container.state === 'running') return;
      const { network } = container.spec;
      if (typeof network === 'object' && 'container' in network && this.must(network.container).state !== 'running') {
        throw new RuntimeError('failed', 'cannot join the network of a container that does not run');
      }
      const program = this.programOf(container);
      if (program.startError) throw new RuntimeError('failed', program.startError);
      this.run(container, program);
    });
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    const { clock } = this.options;
    const container = await this.answer('stop', () => this.must(id));
    if (container.state !== 'running') return;
    const stubborn = this.programOf(container).stubborn ?? false;
    if (!stubborn) return this.end(container, 143);
    const killer = clock.setTimer(graceSeconds * 1000, () => this.end(container, 137));
    container.timers.push(killer);
    await new Promise<void>((resolve) => container.ended.add(resolve));
  }

  /** Somebody pauses it. */
  pause(id: string): void {
    const container = this.must(id);
    container.paused = true;
    this.emit('paused', container);
  }

  async resume(id: string): Promise<void> {
    await this.answer('kill', () => {
      const container = this.must(id);
      if (!container.paused) return;
      container.paused = undefined;
      this.emit('resumed', container);
    });
  }

  async kill(id: string, signal = 'SIGKILL'): Promise<void> {
    await this.answer('kill', () => {
      const container = this.must(id);
      const ends = signal === 'SIGKILL' || !this.programOf(container).stubborn;
      if (container.state === 'running' && ends) this.end(container, signal === 'SIGKILL' ? 137 : 143);
    });
  }

  async update(id: string, limits: ContainerLimits): Promise<void> {
    await this.answer('update', () => {
      this.must(id).limits = limits;
    });
  }

  async remove(id: string): Promise<void> {
    await this.answer('remove', () => {
      const container = this.containers.get(id);
      if (container) this.drop(container);
    });
  }

  async exec(id: string, _command: readonly string[], _signal: AbortSignal): Promise<ExecResult> {
    return this.answer('start', () => {
      if (this.must(id).state !== 'running') throw new RuntimeError('failed', 'the container does not run');
      return { exitCode: 0, output: '' };
    });
  }

  async openExec(id: string, request: ExecOptions, signal: AbortSignal): Promise<FakeProcess> {
    return this.answer('start', () => {
      const container = this.must(id);
      if (container.state !== 'running') throw new RuntimeError('failed', 'the container does not run');
      const program = this.options.programs?.[request.command[0] ?? ''] ?? {};
      return this.process(container, program, program.runsMs, signal);
    });
  }

  async attach(id: string, _request: StreamOptions, signal: AbortSignal): Promise<FakeProcess> {
    return this.answer('start', () => {
      const container = this.must(id);
      if (container.state !== 'running') throw new RuntimeError('failed', 'the container does not run');
      return this.process(container, { echoes: this.programOf(container).echoes }, undefined, signal);
    });
  }

  /** A process in a container: it ends after `runsMs`, and with its container at the latest. */
  private process(container: Container, program: Program, runsMs: number | undefined, signal: AbortSignal) {
    const ended = new Promise<void>((resolve) => {
      container.ended.add(resolve);
      if (runsMs !== undefined) this.options.clock.setTimer(runsMs, resolve);
    });
    const says = (program.prints ?? []).map(({ stream, text }) => ({ stream, data: Buffer.from(text) }));
    const { echoes = false, exitCode = 0 } = program;
    return new FakeProcess({ says, echoes, exitCode, ended }, signal);
  }

  async *logs(id: string, options: LogOptions, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const container = await this.answer('inspect', () => this.must(id));
    const since = container.log.filter(({ atMs }) => atMs >= (options.sinceMs ?? 0));
    const lines = options.tailLines === undefined ? since : since.slice(Math.max(0, since.length - options.tailLines));
    for (const { atMs, chunk } of lines) {
      const stamp = options.timestamps ? `${timestamp(atMs).slice(0, -1)}.000000000Z ` : '';
      yield Buffer.concat([Buffer.from(stamp), chunk.data]);
    }
    if (!options.follow || container.state !== 'running' || signal.aborted) return;
    await new Promise<void>((resolve) => {
      container.ended.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async diskBytes(id: string): Promise<number> {
    return this.answer('inspect', () => (this.containers.has(id) ? 4096 : 0));
  }

  async stats(id: string): Promise<ContainerStats | undefined> {
    return this.answer('inspect', () =>
      this.must(id).state === 'running' ? { cpuSeconds: 1, memoryWorkingSetBytes: 1024, network: {} } : undefined,
    );
  }

  close(): void {
    this.watchers.clear();
  }

  /** One call: waits, fails if it shall, and answers. */
  private async answer<T>(operation: Operation, act: () => T): Promise<T> {
    if (this.latencyMs > 0) await sleep(this.options.clock, this.latencyMs);
    if (this.isDown) throw new RuntimeError('unreachable', 'the simulated engine is down');
    const index = this.failures.findIndex((failure) => failure.operation === operation);
    const [failure] = index < 0 ? [] : this.failures.splice(index, 1);
    if (failure && !failure.after) throw failure.error;
    const result = act();
    if (failure) throw failure.error;
    return result;
  }

  private run(container: Container, program: Program): void {
    const { clock } = this.options;
    const { labels, name, image } = container.spec;
    const uid = labels['io.kubernetes.pod.uid'];
    const key = (one: Container) => [
      one.spec.labels['io.kubernetes.pod.uid'],
      one.spec.labels['io.kubernetes.container.name'],
    ];
    const twin = [...this.containers.values()].find(
      (one) => one.state === 'running' && String(key(one)) === String(key(container)),
    );
    if (uid && twin) this.doubleStarts.push(`${name} while ${twin.spec.name} was running`);
    container.state = 'running';
    container.startedAtMs = clock.now();
    container.finishedAtMs = undefined;
    const ownAddress = typeof container.spec.network === 'object' && 'name' in container.spec.network;
    if (ownAddress) container.ip = `10.0.${this.made >> 8}.${this.made & 255}`;
    for (const { stream, text } of program.prints ?? []) {
      container.log.push({ atMs: clock.now(), chunk: { stream, data: Buffer.from(text) } });
    }
    this.options.onRun?.({ id: container.id, labels }, true);
    this.emit('started', container);
    if (program.runsMs !== undefined && image !== 'stowage.dev/pause:1') {
      container.timers.push(clock.setTimer(program.runsMs, () => this.end(container, program.exitCode ?? 0)));
    }
  }

  private end(container: Container, exitCode: number): void {
    if (container.state !== 'running') return;
    for (const timer of container.timers.splice(0)) timer.cancel();
    container.state = 'exited';
    container.paused = undefined;
    container.exitCode = exitCode;
    container.finishedAtMs = this.options.clock.now();
    this.options.onRun?.({ id: container.id, labels: container.spec.labels }, false);
    this.emit('died', container);
    for (const resolve of container.ended) resolve();
    container.ended.clear();
  }

  private drop(container: Container): void {
    if (container.state === 'running') this.end(container, 137);
    this.containers.delete(container.id);
    this.emit('removed', container);
  }

  private emit(type: ContainerEvent['type'], container: Container): void {
    if (this.dropEvents) return;
    const { clock } = this.options;
    const { id, spec, exitCode } = container;
    const { name, image, labels } = spec;
    const event: ContainerEvent = {
      type,
      id,
      name,
      image,
      labels,
      atMs: clock.now(),
      ...(type === 'died' && { exitCode }),
    };
    for (const watcher of this.watchers) {
      if (!carries(labels, watcher.labels)) continue;
      clock.setTimer(0, () => this.watchers.has(watcher) && watcher.handlers.event(event));
    }
  }

  private programOf({ spec }: Container): Program {
    const word = spec.entrypoint?.[0] ?? spec.command?.[0] ?? '';
    return this.options.programs?.[word] ?? {};
  }

  private has(reference: string): boolean {
    return this.stored === undefined || this.stored.has(reference);
  }

  private named(name: string): Container | undefined {
    return [...this.containers.values()].find(({ spec }) => spec.name === name);
  }

  private must(id: string): Container {
    const container = this.containers.get(id);
    if (!container) throw new RuntimeError('not-found', `No such container: ${id}`);
    return container;
  }

  private infoOf(container: Container): ContainerInfo {
    const { spec, id, state, paused, createdAtMs, startedAtMs, finishedAtMs, exitCode, limits } = container;
    const { name, labels, image } = spec;
    const common = { id, name, labels, image, imageId: imageInfo(image).id, state, createdAtMs, startedAtMs, limits };
    if (state === 'running') return { ...common, paused, pid: 1000 + Number(id.slice(-6)), ip: container.ip };
    return { ...common, finishedAtMs, exitCode };
  }
}

const carries = (labels: Labels, wanted: Labels): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);

/** Every image is this large. */
const IMAGE_BYTES = 1024 ** 2;

const imageInfo = (reference: string): ImageInfo => ({
  id: `sha256:${Buffer.from(reference).toString('hex')}`,
  user: '',
  sizeBytes: IMAGE_BYTES,
});
