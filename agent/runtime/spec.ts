import type { ContainerLimits, Labels, PullProgress } from './facts.ts';

/** What a volume of the engine is made of. */
export type VolumeSpec =
  /** Memory; at most so large (undefined: the engine's default), owned by the group if one is given. */
  | { readonly kind: 'memory'; readonly sizeBytes?: number; readonly group?: number }
  /** A directory of an NFS server; `options` as mount(8) takes them. */
  | { readonly kind: 'nfs'; readonly server: string; readonly path: string; readonly options: readonly string[] }
  /** Room on the engine's own disk. */
  | { readonly kind: 'disk' };

/** A network of the engine whose addresses are settled elsewhere, and whose packets the engine does not rewrite. */
export interface NetworkSpec {
  /** Name of its bridge on the machine. */
  readonly bridge: string;
  /** `10.128.3.0/24`. */
  readonly subnet: string;
  /** The machine's own address in it. */
  readonly gateway: string;
  readonly mtu: number;
}

export interface PullOptions {
  /** Default: as anybody. */
  readonly credentials?: RegistryCredentials;
  /** Called as often as there is news. */
  progress?(progress: PullProgress): void;
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

/** A disk of this machine, and where a container finds it. */
export interface BlockDevice {
  readonly path: string;
  readonly target: string;
  readonly readOnly: boolean;
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
  /** Disks of this machine. */
  readonly blockDevices?: readonly BlockDevice[];
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
