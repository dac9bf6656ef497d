import type { Node } from '../api/core/node.ts';
import { timestamp } from '../platform/clock.ts';
import { capacityOf, quantities } from './capacity.ts';
import type { Machine } from './machine.ts';
import type { NodeOptions } from './node-options.ts';
import type { PressureType, Shortage } from './pressure/pressure.ts';

export type NodeStatus = NonNullable<Node['status']>;
type NodeCondition = NonNullable<NodeStatus['conditions']>[number];

/** What is to be known of a node beside its readiness; without the times. */
export type Found = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>;

export interface NodeFacts {
  readonly nodeName: string;
  readonly machine: Machine;
  readonly options: NodeOptions;
  /** What the machine is short of. */
  readonly pressures: ReadonlyMap<PressureType, Shortage | undefined>;
  /** Further conditions: what is wrong with the machine, or not. */
  readonly problems: readonly Found[];
  readonly agentVersion: string;
  readonly metricsPort: number;
  /** Why the engine does not answer; undefined while it does. */
  readonly engineDown: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** The largest images on the machine. */
  readonly images?: NodeStatus['images'];
}

/** The Node as the agent introduces itself with it. Pure; conditions keep the time of their last change from `last`. */
export function nodeObject(facts: NodeFacts, last: NodeStatus | undefined, nowMs: number): Node {
  const { nodeName, machine, labels } = facts;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: nodeLabels(nodeName, machine, labels),
    },
    status: nodeStatus(facts, last, nowMs),
  };
}

/** Kubernetes, "Well-Known Labels", and what else the agent was told to say. */
export const nodeLabels = (
  nodeName: string,
  machine: Machine,
  labels: NodeFacts['labels'],
): Record<string, string> => ({
  'kubernetes.io/hostname': nodeName,
  'kubernetes.io/os': machine.os,
  'kubernetes.io/arch': machine.architecture,
  ...labels,
});

export function nodeStatus(facts: NodeFacts, last: NodeStatus | undefined, nowMs: number): NodeStatus {
  const { machine, options, metricsPort } = facts;
  const { capacity, allocatable } = capacityOf(machine, options);
  return {
    capacity: quantities(capacity),
    allocatable: quantities(allocatable),
    conditions: conditions(facts).map((condition) => dated(condition, last, nowMs)),
    addresses: [
      { type: 'InternalIP', address: machine.address },
      { type: 'Hostname', address: machine.hostname },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: metricsPort } },
    nodeInfo: nodeInfo(facts),
    ...(facts.images && { images: facts.images }),
  };
}

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

function conditions({ pressures, problems, engineDown }: NodeFacts): Found[] {
  const tight = (type: PressureType) => pressures.has(type);
  return [
    pressureCondition('MemoryPressure', tight, ['HasSufficientMemory', 'HasInsufficientMemory'], 'memory'),
    pressureCondition('DiskPressure', tight, ['HasNoDiskPressure', 'HasDiskPressure'], 'disk space'),
    pressureCondition('PIDPressure', tight, ['HasSufficientPID', 'HasInsufficientPID'], 'process ids'),
    ...problems,
    engineDown === undefined
      ? { type: 'Ready', status: 'True', reason: 'AgentReady', message: 'the agent takes pods' }
      : { type: 'Ready', status: 'False', reason: 'RuntimeDown', message: `container runtime is down: ${engineDown}` },
  ];
}

function pressureCondition(
  type: PressureType,
  tight: (type: PressureType) => boolean,
  [calm, pressed]: [string, string],
  what: string,
): Found {
  if (tight(type)) return { type, status: 'True', reason: pressed, message: `the machine is short of ${what}` };
  return { type, status: 'False', reason: calm, message: `the machine has enough ${what}` };
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
