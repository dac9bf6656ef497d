import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, hostname, networkInterfaces, release, totalmem, uptime } from 'node:os';
import type { RuntimeInfo } from './runtime.ts';

/** What the agent knows of its machine. */
export interface Machine {
  readonly hostname: string;
  /** Address under which others reach the machine. */
  readonly address: string;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly os: string;
  readonly architecture: string;
  readonly osImage: string;
  readonly kernelVersion: string;
  readonly machineId: string;
  readonly bootId: string;
  /** `docker://20.10.24`; empty until the engine has answered once. */
  readonly runtimeVersion: string;
}

/** How tight the machine is. */
export interface Pressure {
  readonly availableMemoryBytes: number;
  /** Of the file system that holds the agent's data. */
  readonly availableDiskBytes: number;
  readonly diskBytes: number;
}

const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386' };

/**
 * Reads the machine. Where the engine has answered, its word counts: it may be on another machine than the agent
 * (`DOCKER_HOST=tcp://...`).
 */
export async function readMachine(dataDir: string, engine: RuntimeInfo | undefined): Promise<Machine> {
  const [machineId, bootId, osRelease, disk, address] = await Promise.all([
    text('/etc/machine-id'),
    text('/proc/sys/kernel/random/boot_id'),
    text('/etc/os-release'),
    statfs(dataDir),
    machineAddress(),
  ]);
  const prettyName = /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1];
  return {
    hostname: hostname(),
    address,
    cpuMilli: (engine?.cpus ?? cpus().length) * 1000,
    memoryBytes: engine?.memoryBytes ?? totalmem(),
    diskBytes: disk.blocks * disk.bsize,
    os: engine?.os ?? 'linux',
    architecture: engine?.architecture ?? GO_ARCHITECTURES[process.arch] ?? process.arch,
    osImage: engine?.osImage ?? prettyName ?? 'Linux',
    kernelVersion: engine?.kernelVersion ?? release(),
    machineId,
    bootId: bootId || String(Math.floor(uptime())),
    runtimeVersion: engine ? `${engine.name}://${engine.version}` : '',
  };
}

/** Cheap enough for every heartbeat: two small reads of the kernel's own memory. */
export async function readPressure(dataDir: string): Promise<Pressure> {
  const [meminfo, disk] = await Promise.all([text('/proc/meminfo'), statfs(dataDir)]);
  const availableKib = Number(/^MemAvailable:\s+(\d+)/m.exec(meminfo)?.[1] ?? Number.NaN);
  return {
    availableMemoryBytes: Number.isNaN(availableKib) ? totalmem() : availableKib * 1024,
    availableDiskBytes: disk.bavail * disk.bsize,
    diskBytes: disk.blocks * disk.bsize,
  };
}

const text = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    (content) => content.trim(),
    () => '',
  );

/** The IPv4 address of the interface with the default route, else of any that is not the loopback. */
async function machineAddress(): Promise<string> {
  const routes = (await text('/proc/net/route')).split('\n').slice(1);
  const byDefault = routes.map((line) => line.split('\t')).find(([, destination]) => destination === '00000000')?.[0];
  const interfaces = networkInterfaces();
  const candidates = [byDefault && interfaces[byDefault], ...Object.values(interfaces)].flatMap((one) => one || []);
  return candidates.find((one) => one.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1';
}

/**
 * How much the engine should be asked to do at once. Starting a container keeps a core busy, and an engine that is asked for
 * more than it has cores only gets slower (on 2 cores, 30 pods of one container: 16 at once took twice as long as 2).
 */
export const engineOperationsAtOnce = (): number => Math.min(16, Math.max(2, availableParallelism()));
