import type Docker from 'dockerode';
import type { ContainerSpec, Mount, Namespace } from '../runtime.ts';

export const CPU_PERIOD_US = 100_000;

/** A driver whose logs can be read back, whatever the engine's default is; kept within 50 MB a container. */
const LOG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } };

/** The body of Docker's "Create a container". `oomFloor`: the lowest OOM score adjustment the engine can give. */
export function containerConfig(spec: ContainerSpec, oomFloor: number): Docker.ContainerCreateOptions {
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
    HostConfig: { ...sharing(spec), ...limits(spec, oomFloor), ...security(spec), LogConfig: LOG },
  };
}

function sharing(spec: ContainerSpec): Docker.HostConfig {
  return {
    NetworkMode: networkMode(spec.network),
    IpcMode: namespaceMode(spec.ipc),
    PidMode: spec.pid === 'private' ? undefined : namespaceMode(spec.pid),
    PortBindings: portBindings(spec),
    Dns: spec.dns && [...spec.dns.servers],
    DnsSearch: spec.dns && [...spec.dns.searches],
    DnsOptions: spec.dns && [...spec.dns.options],
    ExtraHosts: spec.extraHosts.length > 0 ? [...spec.extraHosts] : undefined,
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
  };
}

function security(spec: ContainerSpec): Docker.HostConfig {
  const options = [
    ...(spec.noNewPrivileges ? ['no-new-privileges'] : []),
    ...(spec.unconfinedSeccomp ? ['seccomp=unconfined'] : []),
  ];
  return {
    ReadonlyRootfs: spec.readOnlyRoot,
    Privileged: spec.privileged,
    SecurityOpt: options.length > 0 ? options : undefined,
    CapAdd: [...spec.capabilitiesAdd],
    CapDrop: [...spec.capabilitiesDrop],
    GroupAdd: spec.groups.length > 0 ? [...spec.groups] : undefined,
  };
}

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

function mountConfig(mount: Mount): Docker.MountSettings {
  if (mount.kind === 'volume') {
    // What the image holds at the mount point must not leak into the volume.
    const VolumeOptions = { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } };
    return { Type: 'volume', Source: mount.source, Target: mount.target, ReadOnly: mount.readOnly, VolumeOptions };
  }
  // `private` is what the engine does unasked; asked for it, it refuses a directory that holds its own, such as the machine's root.
  const asked = mount.propagation === 'private' ? undefined : mount.propagation;
  const BindOptions = asked && { Propagation: asked };
  return { Type: 'bind', Source: mount.source, Target: mount.target, ReadOnly: mount.readOnly, BindOptions };
}
