import { isDeepStrictEqual } from 'node:util';
import { conditionOf } from '../../api/core/conditions.ts';
import { LOCAL_PATH_BASE } from '../../api/core/local-path.ts';
import type { Node } from '../../api/core/node.ts';
import { INGRESS_PORTS, KEPT_RANGE, TAKEN_RANGES } from '../../api/core/node-network.ts';
import type { NodeStatus } from '../../api/core/node-status.ts';
import { timestamp } from '../../platform/clock.ts';
import { mergeConditions } from './conditions.ts';

/** Pure rules of how an agent's word about its machine becomes the Node object. */

/** Annotations by which an agent says what is to be known of its machine. */
const AGENT_ANNOTATIONS: readonly string[] = [LOCAL_PATH_BASE, KEPT_RANGE, TAKEN_RANGES, INGRESS_PORTS];

const HOSTNAME_LABEL = 'kubernetes.io/hostname';
/** Labels that fence off machines; an agent must not give them to itself (Kubernetes, "Node isolation/restriction"). */
const RESERVED_LABELS = 'node-restriction.kubernetes.io/';

/** Labels an agent may set on its own node. */
export function agentLabels(reported: Node, nodeName: string): Record<string, string> {
  const own = Object.entries(reported.metadata?.labels ?? {}).filter(([key]) => !key.startsWith(RESERVED_LABELS));
  return { [HOSTNAME_LABEL]: nodeName, ...Object.fromEntries(own) };
}

const agentAnnotations = (reported: Node): Record<string, string> =>
  Object.fromEntries(
    Object.entries(reported.metadata?.annotations ?? {}).filter(([key]) => AGENT_ANNOTATIONS.includes(key)),
  );

/** The Node for a machine that was not known: ready for pods as soon as its status says so. */
export function newNode(reported: Node, nodeName: string): Node {
  const taints = reported.spec?.taints;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: agentLabels(reported, nodeName),
      annotations: agentAnnotations(reported),
    },
    spec: { ...(taints && { taints }) },
  };
}

/** Whether a known Node lacks what its agent says of it; what people added (labels, taints, cordon) is theirs. */
export function needsUpdate(current: Node, reported: Node, nodeName: string): boolean {
  const { labels = {}, annotations = {} } = current.metadata ?? {};
  return (
    Object.entries(agentLabels(reported, nodeName)).some(([key, value]) => labels[key] !== value) ||
    Object.entries(agentAnnotations(reported)).some(([key, value]) => annotations[key] !== value)
  );
}

/** Brings a known Node up to date; changes its argument. */
export function updateNode(current: Node, reported: Node, nodeName: string): void {
  current.metadata ??= {};
  current.metadata.labels = { ...current.metadata.labels, ...agentLabels(reported, nodeName) };
  current.metadata.annotations = { ...current.metadata.annotations, ...agentAnnotations(reported) };
}

/**
 * The status after a report. Answers with `current` itself when nothing but the time of the heartbeat would change: the Lease
 * tells that the node is alive, so such a write would only load the store.
 */
export function mergeNodeStatus(current: NodeStatus | undefined, reported: NodeStatus, nowMs: number): NodeStatus {
  const conditions = mergeConditions(current?.conditions, reported.conditions, nowMs);
  const capacity = reported.capacity && { ...reported.capacity, ...announcedBy(current, reported) };
  const allocatable = allocatableOf(current, reported);
  const next = { ...current, ...reported, ...(capacity && { capacity }), allocatable, conditions };
  if (current && isDeepStrictEqual(withoutHeartbeats(current), withoutHeartbeats(next))) return current;
  const heard = timestamp(nowMs);
  next.conditions = conditions.map((condition) =>
    conditionOf(reported.conditions, condition.type) ? { ...condition, lastHeartbeatTime: heard } : condition,
  );
  return next;
}

/**
 * What people have announced of a node and its agent knows nothing of: example.com/gpu. All of it is for pods (Kubernetes docs,
 * "Advertise Extended Resources for a Node").
 */
function announcedBy(current: NodeStatus | undefined, { capacity = {} }: NodeStatus): Record<string, string> {
  const all = Object.entries(extended(current?.capacity));
  return Object.fromEntries(all.filter(([name]) => !Object.hasOwn(capacity, name)));
}

function allocatableOf(current: NodeStatus | undefined, reported: NodeStatus): NodeStatus['allocatable'] {
  // A node whose agent keeps nothing back offers all it has.
  const offered = reported.allocatable ?? reported.capacity ?? current?.allocatable;
  return offered && { ...offered, ...announcedBy(current, reported) };
}

const extended = (amounts: NodeStatus['capacity'] = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).filter(([name]) => name.includes('/')));

/**
 * Whether somebody else has overwritten what the agent said (the node controller does when heartbeats fail to arrive), or pods are
 * not offered what has been announced since.
 */
export function contradicts(current: NodeStatus | undefined, reported: NodeStatus): boolean {
  const isOverruled = (reported.conditions ?? []).some(
    (condition) => conditionOf(current?.conditions, condition.type)?.status !== condition.status,
  );
  const offered = extended(allocatableOf(current, reported));
  return isOverruled || !isDeepStrictEqual(extended(current?.allocatable), offered);
}

function withoutHeartbeats(status: NodeStatus): NodeStatus {
  // Through JSON, as an absent field and an undefined one are the same to the store.
  return JSON.parse(
    JSON.stringify({
      ...status,
      conditions: (status.conditions ?? [])
        .map(({ lastHeartbeatTime: _, ...condition }) => condition)
        .sort((a, b) => (a.type < b.type ? -1 : 1)),
    }),
  );
}
