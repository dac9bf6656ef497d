import { buffer } from 'node:stream/consumers';
import type { Clock } from '../../platform/clock.ts';
import type { LogRotation } from '../log-rotation.ts';
import type {
  ContainerInfo,
  ContainerLimits,
  ContainerRuntime,
  ContainerSpec,
  ContainerStats,
  ExecOptions,
  ExecResult,
  ImageInfo,
  Labels,
  LogOptions,
  NetworkSpec,
  ProcessStreams,
  PullOptions,
  RuntimeInfo,
  StoredImage,
  StreamOptions,
  Subscription,
  VolumeInfo,
  VolumeSpec,
  WatchHandlers,
} from '../runtime.ts';
import { isRuntimeError, RuntimeError } from '../runtime.ts';
import { absent, ignore, labelFilters } from './answers.ts';
import { CPU_PERIOD_US, containerConfig } from './container-config.ts';
import { containerInfo } from './container-info.ts';
import { Engine } from './engine.ts';
import { watchContainers } from './events.ts';
import { inspectImage, pullImage, removeImage, storedImages } from './images.ts';
import { readLog } from './logs.ts';
import { ensureNetwork, removeNetwork } from './networks.ts';
import { lowestOomScore } from './oom-floor.ts';
import { attach, openExec } from './processes.ts';
import { runCommand } from './run-command.ts';
import { containerStats } from './stats.ts';
import { neededVersion, volumeOptions, withVersion } from './volumes.ts';

/** How many containers of a list are inspected at once. */
const INSPECTIONS_AT_ONCE = 8;

export interface DockerOptions {
  /** `unix:///path` or `tcp://host:port`; undefined: DOCKER_HOST, else the default socket. */
  host?: string;
  /** How much is kept of the logs of the containers it makes. */
  logs?: LogRotation;
  clock: Clock;
}

/** The ContainerRuntime seam on a Docker engine, API 1.41 or newer. Dials on first use, and again after every failure. */
export function dockerRuntime(options: DockerOptions): ContainerRuntime {
  return new DockerRuntime(options);
}

class DockerRuntime implements ContainerRuntime {
  private readonly engine: Engine;
  private readonly clock: Clock;
  private readonly logRotation: LogRotation | undefined;
  private readonly closing = new AbortController();
  private oomFloor: number | undefined;

  constructor(options: DockerOptions) {
    this.engine = new Engine(options.host, options.clock);
    this.clock = options.clock;
    this.logRotation = options.logs;
  }

  async info(): Promise<RuntimeInfo> {
    const found = await this.engine.call('ask the Docker engine about itself', (docker) => docker.info(), 10_000);
    return {
      name: 'docker',
      version: String(found.ServerVersion),
      cpus: Number(found.NCPU),
      memoryBytes: Number(found.MemTotal),
      os: String(found.OSType),
      architecture: goArchitecture(String(found.Architecture)),
      osImage: String(found.OperatingSystem),
      kernelVersion: String(found.KernelVersion),
      cgroupVersion: found.CgroupVersion === '2' ? 2 : 1,
      dataRoot: this.engine.local ? found.DockerRootDir : undefined,
      cgroupDriver: String(found.CgroupDriver),
      security: securityOf(found.SecurityOptions ?? []),
    };
  }

  ensureNetwork(name: string, labels: Labels, spec?: NetworkSpec): Promise<void> {
    return ensureNetwork(this.engine, name, labels, spec);
  }

  removeNetwork(name: string): Promise<void> {
    return removeNetwork(this.engine, name);
  }

  async ensureVolume(name: string, spec: VolumeSpec, labels: Labels): Promise<void> {
    await this.engine.call(`make the volume ${name}`, (docker) =>
      docker.createVolume({ Name: name, Driver: 'local', DriverOpts: volumeOptions(spec), Labels: { ...labels } }),
    );
  }

  async volumes(labels: Labels): Promise<VolumeInfo[]> {
    const filters = { label: labelFilters(labels) };
    const { Volumes } = await this.engine.call('list volumes', (docker) => docker.listVolumes({ filters }));
    return (Volumes ?? []).map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {} }));
  }

  async volumePath(name: string): Promise<string | undefined> {
    return await this.engine.call(`inspect the volume ${name}`, async (docker) => {
      return (await docker.getVolume(name).inspect().catch(absent))?.Mountpoint;
    });
  }

  async removeVolume(name: string): Promise<void> {
    await this.engine.call(`remove the volume ${name}`, (docker) => docker.getVolume(name).remove().catch(ignore(404)));
  }

  async list(labels: Labels): Promise<ContainerInfo[]> {
    const filters = { label: labelFilters(labels) };
    const rows = await this.engine.call('list containers', (docker) => docker.listContainers({ all: true, filters }));
    const found: ContainerInfo[] = [];
    for (let from = 0; from < rows.length; from += INSPECTIONS_AT_ONCE) {
      const some = rows.slice(from, from + INSPECTIONS_AT_ONCE).map((row) => this.inspect(row.Id));
      // A container that went away between the list and its inspection is simply gone.
      found.push(...(await Promise.all(some)).filter((info) => info !== undefined));
    }
    return found;
  }

  async inspect(idOrName: string): Promise<ContainerInfo | undefined> {
    return await this.engine.call(`inspect container ${idOrName}`, async (docker) => {
      const found = await docker.getContainer(idOrName).inspect().catch(absent);
      return found && containerInfo(found);
    });
  }

  watch(labels: Labels, handlers: WatchHandlers): Promise<Subscription> {
    return watchContainers(this.engine, this.clock, labels, handlers, this.closing.signal);
  }

  image(reference: string): Promise<ImageInfo | undefined> {
    return inspectImage(this.engine, reference);
  }

  pull(reference: string, signal: AbortSignal, options?: PullOptions): Promise<ImageInfo> {
    return pullImage(this.engine, reference, AbortSignal.any([signal, this.closing.signal]), options);
  }

  images(): Promise<StoredImage[]> {
    return storedImages(this.engine);
  }

  removeImage(id: string): Promise<void> {
    return removeImage(this.engine, id);
  }

  async load(archive: Uint8Array): Promise<void> {
    await this.engine.call('load an image archive', async (docker) => {
      const body = await docker.loadImage(Buffer.from(archive) as unknown as NodeJS.ReadableStream);
      const answer = (await buffer(body)).toString();
      if (answer.includes('"errorDetail"')) throw new RuntimeError('failed', `cannot load an image archive: ${answer}`);
    });
  }

  async create(spec: ContainerSpec): Promise<string> {
    return await this.engine.call(`create container ${spec.name}`, async (docker) => {
      this.oomFloor ??= await lowestOomScore((await docker.info()).SecurityOptions ?? [], this.engine.local);
      const client = withVersion(
        docker,
        neededVersion(spec.mounts, (version) => this.engine.speaks(version)),
      );
      return (await client.createContainer(containerConfig(spec, this.oomFloor, this.logRotation))).id;
    });
  }

  async start(id: string): Promise<void> {
    try {
      await this.engine.call('start container', (docker) => docker.getContainer(id).start().catch(ignore(304)));
    } catch (error) {
      // Engines answer 400 and 404 alike where the command does not exist; only 404 "No such container" means that.
      const gone = isRuntimeError(error, 'not-found') && /no such container/i.test(error.message);
      if (gone || isRuntimeError(error, 'unreachable')) throw error;
      throw new RuntimeError('failed', (error as Error).message, error);
    }
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    const timeoutMs = graceSeconds * 1000 + 30_000;
    await this.engine.call(
      'stop container',
      (docker) => docker.getContainer(id).stop({ t: graceSeconds }).catch(ignore(304)),
      timeoutMs,
    );
  }

  async kill(id: string, signal = 'SIGKILL'): Promise<void> {
    // 409: it does not run, which is what was wanted.
    await this.engine.call('kill container', (docker) => docker.getContainer(id).kill({ signal }).catch(ignore(409)));
  }

  async resume(id: string): Promise<void> {
    await this.engine.call('resume container', (docker) =>
      docker
        .getContainer(id)
        .unpause()
        .catch((error) => {
          if (!/is not paused/.test(String(error))) throw error;
        }),
    );
  }

  async update(id: string, { cpuShares, cpuQuotaUs, memoryBytes }: ContainerLimits): Promise<void> {
    const [quota, memory] = [cpuQuotaUs || -1, memoryBytes || -1];
    await this.engine.call(`change the limits of container ${id}`, (docker) =>
      docker.getContainer(id).update({
        CpuShares: cpuShares,
        CpuPeriod: CPU_PERIOD_US,
        CpuQuota: quota,
        Memory: memory,
        MemorySwap: memory,
      }),
    );
  }

  async remove(id: string): Promise<void> {
    // 409: its removal is already under way; the event will tell when it is done.
    await this.engine.call('remove container', (docker) =>
      docker.getContainer(id).remove({ force: true, v: true }).catch(ignore(404, 409)),
    );
  }

  exec(id: string, command: readonly string[], signal: AbortSignal): Promise<ExecResult> {
    const ended = AbortSignal.any([signal, this.closing.signal]);
    return runCommand(this.engine, this.clock, id, command, ended);
  }

  openExec(id: string, request: ExecOptions, signal: AbortSignal): Promise<ProcessStreams> {
    return openExec(this.engine, this.clock, id, request, AbortSignal.any([signal, this.closing.signal]));
  }

  attach(id: string, request: StreamOptions, signal: AbortSignal): Promise<ProcessStreams> {
    return attach(this.engine, id, request, AbortSignal.any([signal, this.closing.signal]));
  }

  logs(id: string, options: LogOptions, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    return readLog(this.engine, this.clock, id, options, AbortSignal.any([signal, this.closing.signal]));
  }

  async diskBytes(id: string): Promise<number> {
    return await this.engine.call(`measure container ${id.slice(0, 12)} on disk`, async (docker) => {
      // Docker's types do not know what the question adds to the answer.
      const found = await docker
        .getContainer(id)
        .inspect({ size: true } as object)
        .catch(absent);
      return (found as { SizeRw?: number } | undefined)?.SizeRw ?? 0;
    });
  }

  async stats(id: string): Promise<ContainerStats | undefined> {
    return await this.engine.call(`read the statistics of container ${id.slice(0, 12)}`, async (docker) => {
      const found = await docker.getContainer(id).stats({ stream: false, 'one-shot': true }).catch(absent);
      return found && containerStats(found);
    });
  }

  close(): void {
    this.closing.abort();
  }
}

/** Of `name=seccomp,profile=default` and the like. */
const securityOf = (options: readonly string[]): string[] =>
  options.flatMap((option) => /^name=([^,]+)/.exec(option)?.[1] ?? []);

/** Docker reports the kernel's names. */
function goArchitecture(machine: string): string {
  return { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm' }[machine] ?? machine;
}
