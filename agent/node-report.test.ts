import { describe, expect, test } from 'vitest';
import { DEFAULT_NODE_OPTIONS } from './node-options.ts';
import { type NodeFacts, nodeObject, nodeStatus, sameNodeStatus } from './node-report.ts';

const GIB = 1024 ** 3;
const facts: NodeFacts = {
  nodeName: 'n1',
  machine: {
    hostname: 'host-1',
    address: '192.0.2.7',
    cpuMilli: 4000,
    memoryBytes: 8 * GIB,
    diskBytes: 100 * GIB,
    os: 'linux',
    architecture: 'arm64',
    osImage: 'Debian',
    kernelVersion: '6.1',
    machineId: 'm',
    bootId: 'b',
    runtimeVersion: 'docker://20.10',
  },
  options: { ...DEFAULT_NODE_OPTIONS, systemReserved: { cpu: 250 }, kubeReserved: { memory: GIB } },
  pressures: new Map(),
  problems: [],
  agentVersion: '1.2.3',
  metricsPort: 10250,
  engineDown: undefined,
  labels: { zone: 'z' },
};
const NOW = Date.parse('2030-01-01T00:00:00Z');
const condition = (what: Partial<NodeFacts>, type: string) =>
  nodeStatus({ ...facts, ...what }, undefined, NOW).conditions?.find((one) => one.type === type);

describe('the node', () => {
  test('offers what the machine has, less what is reserved', () => {
    const { metadata, status } = nodeObject(facts, undefined, NOW);
    expect(metadata?.labels).toEqual({
      'kubernetes.io/hostname': 'n1',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'arm64',
      zone: 'z',
    });
    expect(status?.capacity).toEqual({ cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi' });
    // Less what eviction keeps free, too: 100Mi of memory, and of the disk a tenth.
    expect(status?.allocatable).toMatchObject({ cpu: '3750m', memory: '7068Mi', 'ephemeral-storage': '90Gi' });
    expect(status?.addresses).toContainEqual({ type: 'InternalIP', address: '192.0.2.7' });
    expect(status?.nodeInfo).toMatchObject({ kubeletVersion: 'v1.2.3', containerRuntimeVersion: 'docker://20.10' });
  });

  test('is ready while the engine answers', () => {
    expect(condition({}, 'Ready')?.status).toBe('True');
    expect(condition({ engineDown: 'no socket' }, 'Ready')).toMatchObject({
      status: 'False',
      message: 'container runtime is down: no socket',
    });
  });

  test('is under pressure when little is left', () => {
    const pressures = new Map([['DiskPressure', undefined]] as const);
    expect(condition({ pressures }, 'DiskPressure')).toMatchObject({ status: 'True', reason: 'HasDiskPressure' });
    expect(condition({ pressures }, 'MemoryPressure')?.status).toBe('False');
    expect(condition({}, 'DiskPressure')?.status).toBe('False');
  });

  test('a condition keeps the time of its last change; a later look that finds the same is no news', () => {
    const first = nodeStatus(facts, undefined, NOW);
    const second = nodeStatus(facts, first, NOW + 60_000);
    expect(second.conditions?.[0]?.lastTransitionTime).toBe('2030-01-01T00:00:00Z');
    expect(second.conditions?.[0]?.lastHeartbeatTime).toBe('2030-01-01T00:01:00Z');
    expect(sameNodeStatus(first, second)).toBe(true);
    expect(sameNodeStatus(first, nodeStatus({ ...facts, engineDown: 'x' }, second, NOW))).toBe(false);
  });
});
