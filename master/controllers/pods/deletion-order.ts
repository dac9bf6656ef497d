import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { availableAtMs, isReady, parseTimeMs, readySinceMs, restartsOf } from './pod-state.ts';

/** Lets a person say which pods are cheap to lose (Kubernetes docs, "ReplicaSet", pod deletion cost). */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

/**
 * Which pods go first when there are too many (Kubernetes docs, "ReplicaSet", scaling down): those that serve least. A pod on
 * no node before one on a node; not running before running; not ready before ready, nor before available (ours: whoever counts
 * available pods takes away others first); cheaper before dearer; on a node with more of its like before one alone; ready for a
 * shorter time; restarted more often; younger. Ages are compared by order of magnitude, so that among pods of about the same age
 * the choice does not always fall on the same.
 *
 * `peersOnNode` counts the active pods that do the same work on a node. Returns a new array, first to go first.
 */
export function inDeletionOrder(
  pods: readonly Pod[],
  peersOnNode: ReadonlyMap<string, number>,
  nowMs: number,
  minReadySeconds = 0,
): Pod[] {
  const ranked = pods.map((pod) => ({ pod, rank: rankOf(pod, peersOnNode, nowMs, minReadySeconds) }));
  ranked.sort((a, b) => compareRanks(a.rank, b.rank) || compareNames(a.pod, b.pod));
  return ranked.map(({ pod }) => pod);
}

/** How many of the pods stand on each node. */
export function countByNode(pods: Iterable<Pod>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { spec } of pods) {
    if (spec?.nodeName) counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1);
  }
  return counts;
}

const PHASE_RANK: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 };

/** Lower goes first, compared number by number. */
function rankOf(
  pod: Pod,
  peersOnNode: ReadonlyMap<string, number>,
  nowMs: number,
  minReadySeconds: number,
): readonly number[] {
  const node = pod.spec?.nodeName ?? '';
  const readySince = readySinceMs(pod);
  return [
    node ? 1 : 0,
    PHASE_RANK[pod.status?.phase ?? 'Pending'] ?? 0,
    isReady(pod) ? 1 : 0,
    (availableAtMs(pod, minReadySeconds) ?? nowMs + 1) <= nowMs ? 1 : 0,
    deletionCost(pod),
    -(peersOnNode.get(node) ?? 0),
    readySince === undefined ? 0 : magnitude(nowMs - readySince),
    -restartsOf(pod),
    magnitude(nowMs - parseTimeMs(metaOf(pod).creationTimestamp)),
  ];
}

function deletionCost(pod: Pod): number {
  const cost = Number(metaOf(pod).annotations?.[DELETION_COST] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

const magnitude = (ageMs: number): number => Math.floor(Math.log2(Math.max(1, ageMs / 1000)));

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : a[index]! - b[index]!;
}

const compareNames = (a: Pod, b: Pod): number => ((metaOf(a).name ?? '') < (metaOf(b).name ?? '') ? -1 : 1);
