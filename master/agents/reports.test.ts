import { describe, expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import type { NodeStatus } from '../../api/core/node-status.ts';
import type { PodStatus } from '../../api/core/pod.ts';
import { agentLabels, contradicts, mergeNodeStatus, needsUpdate, newNode, updateNode } from './node-registration.ts';
import { mergePodStatus, refusal } from './pod-status.ts';

const FIRST = Date.UTC(2026, 0, 1);
const LATER = FIRST + 60_000;
const ready: NodeStatus = {
  capacity: { cpu: '2' },
  conditions: [{ type: 'Ready', status: 'True', reason: 'AgentReady' }],
};

describe('registering a node', () => {
  const reported: Node = {
    metadata: { name: 'x', labels: { 'kubernetes.io/os': 'linux', 'node-restriction.kubernetes.io/fence': 'no' } },
  };

  test('an agent names its machine but cannot fence it', () => {
    expect(agentLabels(reported, 'a')).toEqual({ 'kubernetes.io/hostname': 'a', 'kubernetes.io/os': 'linux' });
    expect(newNode(reported, 'a').spec).toEqual({});
  });

  test("labels, taints and cordon that people set stay; the agent's own labels are brought up to date", () => {
    const current: Node = {
      metadata: { name: 'a', labels: { disk: 'ssd', 'kubernetes.io/os': 'plan9', 'kubernetes.io/hostname': 'a' } },
      spec: { unschedulable: true, taints: [{ key: 'k', effect: 'NoSchedule' }] },
    };
    expect(needsUpdate(current, reported, 'a')).toBe(true);
    updateNode(current, reported, 'a');
    expect(current.metadata?.labels).toEqual({
      disk: 'ssd',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/hostname': 'a',
    });
    expect(current.spec).toEqual({ unschedulable: true, taints: [{ key: 'k', effect: 'NoSchedule' }] });
    expect(needsUpdate(current, reported, 'a')).toBe(false);
  });
});

describe("a node's status", () => {
  test('is left alone when only time has passed', () => {
    const first = mergeNodeStatus(undefined, ready, FIRST);
    expect(first.conditions?.[0]).toMatchObject({
      lastHeartbeatTime: '2026-01-01T00:00:00Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    expect(mergeNodeStatus(first, ready, LATER)).toBe(first);
  });

  test('changes with the facts; a transition only with the status', () => {
    const first = mergeNodeStatus(undefined, ready, FIRST);
    const more = mergeNodeStatus(first, { ...ready, capacity: { cpu: '4' } }, LATER);
    expect(more.capacity).toEqual({ cpu: '4' });
    expect(more.conditions?.[0]).toMatchObject({
      lastHeartbeatTime: '2026-01-01T00:01:00Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
  });

  test('that the node controller declared unknown is contradicted and restored; its other conditions stay', () => {
    const lost: NodeStatus = {
      ...ready,
      conditions: [
        { type: 'Ready', status: 'Unknown', lastTransitionTime: '2025-12-31T00:00:00Z' },
        { type: 'Other', status: 'False' },
      ],
    };
    expect(contradicts(lost, ready)).toBe(true);
    const restored = mergeNodeStatus(lost, ready, FIRST);
    expect(restored.conditions).toHaveLength(2);
    expect(restored.conditions?.[0]).toMatchObject({ status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' });
    expect(contradicts(restored, ready)).toBe(false);
  });

  test('what people announce stays, and is offered to pods until they take it back', () => {
    const first = mergeNodeStatus(undefined, ready, FIRST);
    const announced = { ...first, capacity: { ...first.capacity, 'example.com/gpu': '2' } };
    expect(contradicts(announced, ready)).toBe(true);
    const offered = mergeNodeStatus(announced, { ...ready, capacity: { cpu: '4' } }, LATER);
    expect(offered.capacity).toEqual({ cpu: '4', 'example.com/gpu': '2' });
    expect(offered.allocatable).toEqual({ cpu: '4', 'example.com/gpu': '2' });
    expect(contradicts(offered, ready)).toBe(false);
    const withdrawn = { ...offered, capacity: { cpu: '4' } };
    expect(contradicts(withdrawn, ready)).toBe(true);
    expect(mergeNodeStatus(withdrawn, ready, LATER)).toMatchObject({
      capacity: { cpu: '2' },
      allocatable: { cpu: '2' },
    });
    expect(mergeNodeStatus(withdrawn, ready, LATER).allocatable).not.toHaveProperty(['example.com/gpu']);
  });
});

describe("a pod's status", () => {
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' } as const;
  const current: PodStatus = { phase: 'Pending', qosClass: 'Burstable', conditions: [scheduled] };

  test('keeps what the scheduler said', () => {
    const reported: PodStatus = {
      phase: 'Running',
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'PodScheduled', status: 'False' },
      ],
    };
    const merged = mergePodStatus(current, reported, LATER);
    expect(merged).toMatchObject({ phase: 'Running', qosClass: 'Burstable' });
    expect(merged?.conditions).toEqual([
      { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:01:00Z' },
      scheduled,
    ]);
  });

  test('tells of a change of resources only as long as its agent does', () => {
    const pending = { type: 'PodResizePending', status: 'True', reason: 'Deferred' } as const;
    const under: PodStatus = { ...current, conditions: [scheduled, pending] };
    const types = (reported: PodStatus) => mergePodStatus(under, reported, LATER)?.conditions?.map(({ type }) => type);
    expect(types({ conditions: [pending] })).toEqual(['PodResizePending', 'PodScheduled']);
    expect(types({ conditions: [] })).toEqual(['PodScheduled']);
  });

  test('that is final stays so', () => {
    expect(mergePodStatus({ phase: 'Failed' }, { phase: 'Running' }, LATER)).toBeUndefined();
    expect(mergePodStatus({ phase: 'Failed' }, { phase: 'Failed', message: 'more' }, LATER)?.message).toBe('more');
  });

  test('is taken only for the very pod, from the node it is assigned to', () => {
    const pod = { metadata: { uid: 'u' }, spec: { nodeName: 'a', containers: [] } };
    expect(refusal(pod, 'u', 'a')).toBeUndefined();
    expect(refusal(pod, 'u', 'b')).toContain('assigned to a');
    expect(refusal(pod, 'old', 'a')).toContain('another pod');
    expect(refusal(undefined, 'u', 'a')).toContain('no such pod');
  });
});
