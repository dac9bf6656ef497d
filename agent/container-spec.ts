import { qosClassOf } from '../api/core/pod-resources.ts';
import { quantityMilli, quantityValue } from '../api/meta/quantity.ts';
import { environment, type PodFacts } from './environment.ts';
import { expand } from './expansion.ts';
import { containerLabels, containerName, type Owner } from './labels.ts';
import { Missing } from './missing.ts';
import { nameMounts } from './names/name-files.ts';
import { DEFAULT_NAME_OPTIONS, type NameOptions } from './names/name-options.ts';
import { hostnameOf } from './names/pod-hostname.ts';
import { PAUSE_IMAGE } from './pause/image.ts';
import { specHash } from './plan/spec-hash.ts';
import { SANDBOX_NAME } from './plan/state.ts';
import type { CreateContainer } from './plan/steps.ts';
import { type Container, type Pod, type Sources, specOf } from './pod-types.ts';
import { containerRights } from './rights/container-rights.ts';
import type { ContainerLimits, ContainerSpec, Mount, Namespace, PortMapping } from './runtime.ts';
import { messageMount } from './termination-message.ts';
import { blockDevices } from './volumes/block-devices.ts';
import { containerMounts } from './volumes/container-mounts.ts';

/** What the pod's surroundings add to its containers' specs. */
export interface Surroundings extends PodFacts {
  readonly owner: Owner;
  readonly podDir: string;
  readonly networkName: string;
  /** The cgroup of the pod, where it has one of its own. */
  readonly cgroupParent?: string;
  /** Most processes of the pod; 0 or absent: no limit. */
  readonly podMaxPids?: number;
  /** Default: a cell without name servers of its own. */
  readonly names?: NameOptions;
}

export type SpecResult =
  | { readonly ok: true; readonly spec: ContainerSpec }
  | { readonly ok: false; readonly message: string };

/** One attempt at a container, in the runtime's terms. Pure; what is missing comes back as a message. */
export function containerSpec(
  container: Container,
  step: CreateContainer,
  around: Surroundings,
  sources: Sources,
): SpecResult {
  const variables = environment(container, around, sources);
  if (!variables.ok) return variables;
  try {
    return { ok: true, spec: build(container, step, around, sources, variables.variables) };
  } catch (error) {
    if (error instanceof Missing) return { ok: false, message: error.message };
    throw error;
  }
}

function build(
  container: Container,
  step: CreateContainer,
  around: Surroundings,
  sources: Sources,
  variables: ReadonlyMap<string, string>,
): ContainerSpec {
  const { pod, owner } = around;
  const { role, attempt, crashes, sandbox } = step;
  const identity = {
    role,
    container: container.name,
    attempt,
    crashes,
    sandboxId: sandbox.id,
    sandboxAttempt: sandbox.attempt,
  };
  const words = (list: readonly string[] | undefined) =>
    list && list.length > 0 ? list.map((word) => expand(word, variables)) : undefined;
  return {
    name: containerName(pod, container.name, attempt),
    image: container.image ?? '',
    labels: containerLabels(owner, pod, { ...identity, specHash: specHash(container) }),
    entrypoint: words(container.command),
    command: words(container.args),
    env: [...variables].map(([name, value]) => `${name}=${value}`),
    workingDir: container.workingDir,
    stopSignal: container.lifecycle?.stopSignal,
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    ...shared(pod, sandbox.id),
    ...(step.target !== undefined && { pid: { container: step.target } }),
    mounts: [
      ...containerMounts(container, around, sources, variables),
      ...messageMount(container, attempt, around.podDir),
      ...nameMounts(container, around),
    ],
    blockDevices: blockDevices(container, around, sources),
    ...containerRights(container, pod),
    ...containerLimits(container),
    oomScoreAdj: oomScoreAdj(pod, memoryRequest(container), around.allocatable.memoryBytes),
    pidsLimit: around.podMaxPids ?? 0,
    cgroupParent: around.cgroupParent,
  };
}

/** Namespaces that a pod's containers share: network and IPC with the sandbox, processes where the pod says so. */
function shared(pod: Pod, sandboxId: string) {
  const spec = specOf(pod);
  const sandbox = { container: sandboxId };
  const ipc: Namespace = spec.hostIPC ? 'host' : sandbox;
  const pid: Namespace = spec.hostPID ? 'host' : spec.shareProcessNamespace ? sandbox : 'private';
  const network: ContainerSpec['network'] = spec.hostNetwork ? 'host' : sandbox;
  return { network, ipc, pid, ports: [], sysctls: {} };
}

/** Least shares that the kernel takes; what a container without a CPU request gets. */
const MIN_SHARES = 2;
const SHARES_PER_CPU = 1024;
/** The kernel refuses a quota below 1 ms. */
const MIN_QUOTA_US = 1_000;
const QUOTA_US_PER_MILLI = 100;

/** Kubernetes, "Resource Management for Pods and Containers": requests become shares, limits hard ceilings. */
export function containerLimits({ resources }: Container): ContainerLimits {
  const { requests, limits } = resources ?? {};
  const cpuRequest = requests?.cpu ?? limits?.cpu;
  const cpuMilli = cpuRequest ? quantityMilli(cpuRequest) : 0;
  const quotaUs = limits?.cpu ? quantityMilli(limits.cpu) * QUOTA_US_PER_MILLI : 0;
  return {
    cpuShares: Math.max(MIN_SHARES, Math.floor((cpuMilli * SHARES_PER_CPU) / 1000)),
    cpuQuotaUs: quotaUs > 0 ? Math.max(MIN_QUOTA_US, quotaUs) : 0,
    memoryBytes: limits?.memory ? quantityValue(limits.memory) : 0,
  };
}

function memoryRequest({ resources }: Container): number {
  const memory = resources?.requests?.memory ?? resources?.limits?.memory;
  return memory ? quantityValue(memory) : 0;
}

/** Who the kernel ends first when memory runs out (Kubernetes, "Node-pressure Eviction", "Node out of memory behavior"). */
export function oomScoreAdj(pod: Pod, requestBytes: number, machineMemoryBytes: number): number {
  const qos = qosClassOf(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  return Math.min(Math.max(3, Math.floor(1000 - (1000 * requestBytes) / machineMemoryBytes)), 999);
}

/** The pause container: it owns the pod's network and name and holds volumes of the engine, and must be the last to die. */
export function sandboxSpec(attempt: number, around: Surroundings, held: readonly string[]): ContainerSpec {
  const { pod, owner, networkName, names = DEFAULT_NAME_OPTIONS } = around;
  const spec = specOf(pod);
  const labels = {
    role: 'sandbox',
    container: SANDBOX_NAME,
    attempt,
    crashes: 0,
    sandboxId: '',
    sandboxAttempt: attempt,
    specHash: '',
  } as const;
  const hold = (name: string): Mount => ({ kind: 'volume', source: name, target: `/${name}`, readOnly: true });
  return {
    name: containerName(pod, SANDBOX_NAME, attempt),
    image: PAUSE_IMAGE,
    labels: containerLabels(owner, pod, labels),
    env: [],
    groups: [],
    hostname: spec.hostNetwork ? undefined : hostnameOf(pod, names.clusterDomain).hostname,
    tty: false,
    stdin: false,
    network: spec.hostNetwork ? 'host' : { name: networkName },
    ipc: spec.hostIPC ? 'host' : 'shareable',
    pid: spec.hostPID ? 'host' : 'private',
    ports: spec.hostNetwork ? [] : hostPorts(pod),
    sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    mounts: held.map(hold),
    readOnlyRoot: true,
    privileged: false,
    noNewPrivileges: true,
    capabilitiesAdd: [],
    capabilitiesDrop: ['ALL'],
    cpuShares: MIN_SHARES,
    cpuQuotaUs: 0,
    memoryBytes: 0,
    oomScoreAdj: -998,
    pidsLimit: 0,
    cgroupParent: around.cgroupParent,
  };
}

function hostPorts(pod: Pod): PortMapping[] {
  const { initContainers = [], containers } = specOf(pod);
  return [...initContainers, ...containers].flatMap((container) =>
    (container.ports ?? []).flatMap(({ containerPort, hostPort, hostIP = '', protocol = 'TCP' }) => {
      if (!hostPort) return [];
      return [{ containerPort, hostPort, hostIp: hostIP, protocol: protocol.toLowerCase() as PortMapping['protocol'] }];
    }),
  );
}
