import type { Node } from '../api/core/node.ts';
import { timestamp } from '../platform/clock.ts';
import type { Machine, Pressure } from './machine.ts';

export type NodeStatus = NonNullable<Node['status']>;
type NodeCondition = NonNullable<NodeStatus['conditions']>[number];

/** Kept back from pods for the engine, the agent and the system. */
export interface Reserved {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

export interface NodeFacts {
  readonly nodeName: string;
  readonly machine: Machine;
  readonly pressure: Pressure;
  readonly reserved: Reserved;
  readonly maxPods: number;
  readonly agentVersion: string;
  readonly metricsPort: number;
  /** Why the engine does not answer; undefined while it does. */
  readonly engineDown: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** The Node as the agent introduces itself with it. Pure; conditions keep the time of their last change from `last`. */
export function nodeObject(facts: NodeFacts, last: NodeStatus | undefined, nowMs: number): Node {
  const { nodeName, machine, labels } = facts;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: {
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': machine.os,
        'kubernetes.io/arch': machine.architecture,
        ...labels,
      },
    },
    status: nodeStatus(facts, last, nowMs),
  };
}

export function nodeStatus(facts: NodeFacts, last: NodeStatus | undefined, nowMs: number): NodeStatus {
  const { machine, reserved, maxPods, metricsPort } = facts;
  const whole = (bytes: number) => `${Math.floor(bytes / 1024)}Ki`;
  const common = { pods: String(maxPods), 'ephemeral-storage': whole(machine.diskBytes) };
  const capacity = { cpu: cpuQuantity(machine.cpuMilli), memory: whole(machine.memoryBytes), ...common };
  const cpuMilli = Math.max(0, machine.cpuMilli - reserved.cpuMilli);
  const memoryBytes = Math.max(0, machine.memoryBytes - reserved.memoryBytes);
  return {
    capacity,
    allocatable: { cpu: cpuQuantity(cpuMilli), memory: whole(memoryBytes), ...common },
    conditions: conditions(facts).map((condition) => dated(condition, last, nowMs)),
    addresses: [
      { type: 'InternalIP', address: machine.address },
      { type: 'Hostname', address: machine.hostname },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: metricsPort } },
    nodeInfo: nodeInfo(facts),
  };
}

const cpuQuantity = (milli: number): string => (milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`);

function nodeInfo({ machine, agentVersion }: NodeFacts): NonNullable<NodeStatus['nodeInfo']> {
  return {
    machineID: machine.machineId,
    systemUUID: machine.machineId,
    bootID: machine.bootId,
    kernelVersion: machine.kernelVersion,
    osImage: machine.osImage,
    containerRuntimeVersion: machine.runtimeVersion,
    kubeletVersion: `v${agentVersion}`,
    kubeProxyVersion: '',
    operatingSystem: machine.os,
    architecture: machine.architecture,
  };
}

/** Below these the machine is under pressure (Kubernetes, "Node-pressure Eviction", default hard thresholds). */
const LEAST_MEMORY_BYTES = 100 * 1024 * 1024;
const LEAST_DISK_SHARE = 0.1;
/** A large disk is not short of room because a tenth of it is a lot. */
const ENOUGH_DISK_BYTES = 10 * 1024 ** 3;

type Found = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>;

function conditions({ pressure, engineDown }: NodeFacts): Found[] {
  const { availableMemoryBytes, availableDiskBytes, diskBytes } = pressure;
  const lowMemory = availableMemoryBytes < LEAST_MEMORY_BYTES;
  const lowDisk = availableDiskBytes < Math.min(ENOUGH_DISK_BYTES, diskBytes * LEAST_DISK_SHARE);
  return [
    pressureCondition('MemoryPressure', lowMemory, ['HasSufficientMemory', 'HasInsufficientMemory'], 'memory'),
    pressureCondition('DiskPressure', lowDisk, ['HasNoDiskPressure', 'HasDiskPressure'], 'disk space'),
    pressureCondition('PIDPressure', false, ['HasSufficientPID', 'HasInsufficientPID'], 'process ids'),
    engineDown === undefined
      ? { type: 'Ready', status: 'True', reason: 'AgentReady', message: 'the agent takes pods' }
      : { type: 'Ready', status: 'False', reason: 'RuntimeDown', message: `container runtime is down: ${engineDown}` },
  ];
}

function pressureCondition(type: string, tight: boolean, [calm, pressed]: [string, string], what: string): Found {
  const message = tight ? `the machine is short of ${what}` : `the machine has enough ${what}`;
  return { type, status: tight ? 'True' : 'False', reason: tight ? pressed : calm, message };
}

function dated(condition: Found, last: NodeStatus | undefined, nowMs: number): NodeCondition {
  const before = last?.conditions?.find((one) => one.type === condition.type);
  const since = before?.status === condition.status ? before.lastTransitionTime : undefined;
  return { ...condition, lastHeartbeatTime: timestamp(nowMs), lastTransitionTime: since ?? timestamp(nowMs) };
}

/** Whether two statuses say the same, but for when they were said. */
export function sameNodeStatus(a: NodeStatus, b: NodeStatus): boolean {
  const timeless = (status: NodeStatus) =>
    JSON.stringify({
      ...status,
      conditions: status.conditions?.map((one) => ({ ...one, lastHeartbeatTime: undefined })),
    });
  return timeless(a) === timeless(b);
}
