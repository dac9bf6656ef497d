import { isGivenUp, leases } from '../../../api/coordination/lease.ts';
import { conditionOf } from '../../../api/core/conditions.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import type { NodeCondition } from '../../../api/core/node-status.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { timestamp } from '../../../platform/clock.ts';
import type { CacheReader } from '../../store/cache.ts';
import { withCondition } from '../kit/conditions.ts';
import { type Controller, watch, watchSelf } from '../kit/controller.ts';
import { type Decision, event, updateStatus, wake } from '../kit/decision.ts';
import { parseTimeMs } from '../pods/pod-state.ts';
import { evictionWaitMs } from './eviction-pace.ts';
import { markNotReady, restoreReady } from './pod-readiness.ts';
import { taintDecisions, wantsEviction } from './taints.ts';

export const LEASE_NAMESPACE = 'kube-node-lease';
const COMPONENT = 'node-controller';

/** Conditions that only the agent can know. */
const AGENT_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export interface NodeLifecycleOptions {
  /** How long a node may be silent before it counts as lost. */
  readonly graceMs: number;
  /** When this master began to listen: silence from before does not count, for nobody was there to hear. */
  readonly startedAtMs: number;
}

/**
 * Notices nodes that fall silent, or are known to be out of reach (their Lease was given up for them), and gives nodes the taints their conditions call for (Kubernetes docs, "Nodes", heartbeats and
 * node controller). A renewed Lease causes no work: each node has one wake-up, at the time its Lease would have run out.
 */
export function nodeLifecycleController({ graceMs, startedAtMs }: NodeLifecycleOptions): Controller {
  return {
    name: 'node-lifecycle',
    watches: [
      watchSelf(nodes),
      watch(leases, ({ type, object }) => {
        const { namespace, name = '' } = metaOf(object);
        const isNews = type === 'added' || (type === 'modified' && isGivenUp(object));
        return isNews && namespace === LEASE_NAMESPACE ? [name] : [];
      }),
    ],
    reconcile(view, key, nowMs) {
      const node = view.get(nodes, undefined, key);
      if (!node || metaOf(node).deletionTimestamp) return [];
      const lease = view.get(leases, LEASE_NAMESPACE, key);
      // The master that the agent was connected to has seen it go, and not come back to any master.
      const isLost = lease !== undefined && isGivenUp(lease);
      const silentAtMs = isLost ? nowMs : Math.max(lastHeardMs(view, node), startedAtMs) + graceMs;
      const ready = conditionOf(node.status?.conditions, 'Ready');
      if (ready?.status !== 'Unknown' && nowMs >= silentAtMs) return [...loseNode(view, node, nowMs)];
      const waitMs = wantsEviction(node) ? evictionWaitMs(view, node, nowMs) : 0;
      const taints = [...taintDecisions(node, waitMs === 0, nowMs), ...(waitMs > 0 ? [wake(waitMs)] : [])];
      if (ready?.status === 'Unknown') return taints;
      const restored = ready?.status === 'True' ? restoreReady(view, key, nowMs) : [];
      return [...taints, ...restored, wake(silentAtMs - nowMs)];
    },
  };
}

/** The last sign of life: the Lease, or the heartbeat in the status, or the node's beginning. */
function lastHeardMs(view: CacheReader, node: Node): number {
  const { name = '', creationTimestamp } = metaOf(node);
  const lease = view.get(leases, LEASE_NAMESPACE, name);
  const ready = conditionOf(node.status?.conditions, 'Ready');
  return Math.max(
    parseTimeMs(lease?.spec?.renewTime),
    parseTimeMs(ready?.lastHeartbeatTime),
    parseTimeMs(creationTimestamp),
  );
}

/** What the agent last said is no longer known to be true; its pods no longer count as ready. Taints follow in the next pass. */
function loseNode(view: CacheReader, node: Node, nowMs: number): Decision[] {
  const name = metaOf(node).name ?? '';
  const nowText = timestamp(nowMs);
  const change = (current: Node) => {
    const conditions = AGENT_CONDITIONS.reduce<NodeCondition[]>(
      (list, type) => withCondition(list, unknown(current, type), nowText),
      current.status?.conditions ?? [],
    );
    current.status = { ...current.status, conditions };
  };
  const message = `Node ${name} status is now: NodeNotReady`;
  return [
    // Only over the state that was silent: a report that comes in meanwhile wins.
    updateStatus(nodes, node, change, { exact: true }),
    event({ about: node, component: COMPONENT, type: 'Normal', reason: 'NodeNotReady', message }),
    ...markNotReady(view, name, nowMs),
  ];
}

function unknown(node: Node, type: string): NodeCondition {
  const present = conditionOf(node.status?.conditions, type);
  const message = present ? 'The agent of this node has fallen silent.' : 'The agent of this node has never said.';
  const reason = present ? 'NodeStatusUnknown' : 'NodeStatusNeverUpdated';
  return { type, status: 'Unknown', reason, message, lastHeartbeatTime: present?.lastHeartbeatTime };
}
