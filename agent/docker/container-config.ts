import type Docker from 'dockerode';
import { DEFAULT_LOG_ROTATION, type LogRotation } from '../log-rotation.ts';
import type { BlockDevice, ContainerSpec, Namespace } from '../runtime.ts';
import { mountConfig } from './volumes.ts';

export const CPU_PERIOD_US = 100_000;

/** The body of Docker's "Create a container". `oomFloor`: the lowest OOM score adjustment the engine can give. */
export function containerConfig(
  spec: ContainerSpec,
  oomFloor: number,
  logs: LogRotation = DEFAULT_LOG_ROTATION,
): Docker.ContainerCreateOptions {
  return {
    name: spec.name,
    Image: spec.image,
    Labels: { ...spec.labels },
    Entrypoint: spec.entrypoint && [...spec.entrypoint],
    Cmd: spec.command && [...spec.command],
    Env: [...spec.env],
    WorkingDir: spec.workingDir,
    User: spec.user,
    Hostname: spec.hostname,
    StopSignal: spec.stopSignal,
    Tty: spec.tty,
    OpenStdin: spec.stdin,
    StdinOnce: spec.stdinOnce,
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [`${port.containerPort}/${port.protocol}`, {}])),
    HostConfig: { ...sharing(spec), ...limits(spec, oomFloor), ...security(spec), LogConfig: logConfig(logs) },
  };
}

/** A driver whose logs can be read back, whatever the engine's default is; compressed, they could not be read from their files. */
const logConfig = ({ maxBytes, maxFiles }: LogRotation): Docker.HostConfig['LogConfig'] => ({
  Type: 'json-file',
  Config: { 'max-size': String(maxBytes), 'max-file': String(maxFiles), compress: 'false' },
});

function sharing(spec: ContainerSpec): Docker.HostConfig {
  return {
    NetworkMode: networkMode(spec.network),
    IpcMode: namespaceMode(spec.ipc),
    PidMode: spec.pid === 'private' ? undefined : namespaceMode(spec.pid),
    PortBindings: portBindings(spec),
    Sysctls: { ...spec.sysctls },
    Mounts: spec.mounts.map(mountConfig),
    RestartPolicy: { Name: 'no' },
  };
}

function limits(spec: ContainerSpec, oomFloor: number): Docker.HostConfig {
  return {
    CpuShares: spec.cpuShares,
    ...(spec.cpuQuotaUs > 0 && { CpuPeriod: CPU_PERIOD_US, CpuQuota: spec.cpuQuotaUs }),
    ...(spec.memoryBytes > 0 && { Memory: spec.memoryBytes, MemorySwap: spec.memoryBytes }),
    OomScoreAdj: Math.max(oomFloor, spec.oomScoreAdj),
    ...(spec.pidsLimit > 0 && { PidsLimit: spec.pidsLimit }),
    ...(spec.cgroupParent !== undefined && { CgroupParent: spec.cgroupParent }),
    ...(spec.blockDevices?.length && { Devices: spec.blockDevices.map(deviceMapping) }),
    ...(spec.devices && { DeviceRequests: [deviceRequest(spec.devices)] }),
  };
}

function security(spec: ContainerSpec): Docker.HostConfig {
  const options = [
    ...(spec.noNewPrivileges ? ['no-new-privileges'] : []),
    ...(spec.seccomp === undefined ? [] : [`seccomp=${spec.seccomp}`]),
    ...(spec.appArmor === undefined ? [] : [`apparmor=${spec.appArmor}`]),
    ...Object.entries(spec.seLinux ?? {}).map(([part, value]) => `label=${part}:${value}`),
  ];
  return {
    ...(spec.unmaskedProc && { MaskedPaths: [], ReadonlyPaths: [] }),
    ReadonlyRootfs: spec.readOnlyRoot,
    Privileged: spec.privileged,
    SecurityOpt: options.length > 0 ? options : undefined,
    CapAdd: [...spec.capabilitiesAdd],
    CapDrop: [...spec.capabilitiesDrop],
    GroupAdd: spec.groups.length > 0 ? [...spec.groups] : undefined,
  };
}

/** Docker's "GPU" requests: a driver of the engine (`nvidia`) is told the ids. */
const deviceRequest = ({ driver, ids }: NonNullable<ContainerSpec['devices']>) => ({
  Driver: driver,
  DeviceIDs: [...ids],
  Capabilities: [['gpu']],
});

const deviceMapping = ({ path, target, readOnly }: BlockDevice): Docker.DeviceMapping => ({
  PathOnHost: path,
  PathInContainer: target,
  CgroupPermissions: readOnly ? 'r' : 'rwm',
});

function networkMode(network: ContainerSpec['network']): string {
  if (network === 'host') return 'host';
  return 'name' in network ? network.name : `container:${network.container}`;
}

const namespaceMode = (namespace: Namespace): string =>
  typeof namespace === 'string' ? namespace : `container:${namespace.container}`;

function portBindings(spec: ContainerSpec): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of spec.ports) {
    const key = `${port.containerPort}/${port.protocol}`;
    bindings[key] ??= [];
    bindings[key].push({ HostIp: port.hostIp, HostPort: String(port.hostPort) });
  }
  return bindings;
}
