import { readdir, readFile, statfs } from 'node:fs/promises';
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
  /** Bytes set aside in huge pages, by the name of the resource: `hugepages-2Mi`. */
  readonly hugePages?: Readonly<Record<string, number>>;
  readonly os: string;
  readonly architecture: string;
  readonly osImage: string;
  readonly kernelVersion: string;
  readonly machineId: string;
  readonly bootId: string;
  /** `docker://20.10.24`; empty until the engine has answered once. */
  readonly runtimeVersion: string;
}

const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386' };

/**
 * Reads the machine. Where the engine has answered, its word counts: it may be on another machine than the agent
 * (`DOCKER_HOST=tcp://...`).
 */
export async function readMachine(dataDir: string, engine: RuntimeInfo | undefined): Promise<Machine> {
  const [machineId, bootId, osRelease, disk, address, hugePages] = await Promise.all([
    text('/etc/machine-id'),
    text('/proc/sys/kernel/random/boot_id'),
    text('/etc/os-release'),
    statfs(dataDir),
    machineAddress(),
    readHugePages(),
  ]);
  const prettyName = /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1];
  return {
    hostname: hostname(),
    address,
    cpuMilli: (engine?.cpus ?? cpus().length) * 1000,
    memoryBytes: engine?.memoryBytes ?? totalmem(),
    diskBytes: disk.blocks * disk.bsize,
    hugePages,
    os: engine?.os ?? 'linux',
    architecture: engine?.architecture ?? GO_ARCHITECTURES[process.arch] ?? process.arch,
    osImage: engine?.osImage ?? prettyName ?? 'Linux',
    kernelVersion: engine?.kernelVersion ?? release(),
    machineId,
    bootId: bootId || String(Math.floor(uptime())),
    runtimeVersion: engine ? `${engine.name}://${engine.version}` : '',
  };
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** Sizes of pages of which the machine has set some aside ("HugePages"). `dir`: where the kernel tells. */
export async function readHugePages(dir = '/sys/kernel/mm/hugepages'): Promise<Record<string, number>> {
  const sizes = await readdir(dir).catch(() => []);
  const found = sizes.map(async (name) => {
    const bytes = KIB * Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? 0);
    const pages = Number(await text(`${dir}/${name}/nr_hugepages`));
    const size = bytes % (KIB * MIB) === 0 ? `${bytes / (KIB * MIB)}Gi` : `${bytes / MIB}Mi`;
    return bytes > 0 && pages > 0 ? [[`hugepages-${size}`, pages * bytes] as const] : [];
  });
  return Object.fromEntries((await Promise.all(found)).flat());
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
