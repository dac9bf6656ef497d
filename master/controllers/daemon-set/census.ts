import type { DaemonSet } from '../../../api/apps/daemon-set.ts';
import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { availableAtMs, isFinished, isTerminating, parseTimeMs } from '../pods/pod-state.ts';
import { REVISION_HASH } from '../revisions/history.ts';
import { nodeOf } from './daemon-pod.ts';
import type { Eligibility } from './eligibility.ts';

/** One node as a daemon set sees it. Pods of it oldest first; none of them is being deleted or has ended. */
export interface Place {
  readonly name: string;
  readonly should: boolean;
  readonly mayStay: boolean;
  /** Of the present template, and of earlier ones. */
  readonly fresh: readonly Pod[];
  readonly stale: readonly Pod[];
  /** Pods that have ended and are still there. */
  readonly ended: readonly Pod[];
  /** A pod is on its way out: its place is not free yet. */
  readonly leaving: boolean;
}

/** Every node that is to have a pod or has one, by the order of the nodes; what is for nodes that are no more comes last. */
export function census(
  nodes: readonly Node[],
  eligible: (node: Node) => Eligibility,
  owned: readonly Pod[],
  hash: string,
): Place[] {
  const byNode = groupByNode(owned);
  const places: Place[] = [];
  for (const node of nodes) {
    const { name = '' } = metaOf(node);
    const here = byNode.get(name);
    byNode.delete(name);
    const { should, mayStay } = eligible(node);
    if (here || should) places.push(placeOf(name, { should, mayStay }, here ?? [], hash));
  }
  for (const [name, pods] of byNode) places.push(placeOf(name, { should: false, mayStay: false }, pods, hash));
  return places;
}

function groupByNode(owned: readonly Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of owned) {
    const name = nodeOf(pod) ?? '';
    const list = byNode.get(name);
    if (list) list.push(pod);
    else byNode.set(name, [pod]);
  }
  return byNode;
}

function placeOf(name: string, eligibility: Eligibility, pods: readonly Pod[], hash: string): Place {
  const alive = pods.filter((pod) => !isTerminating(pod) && !isFinished(pod)).sort(byAge);
  const isFresh = (pod: Pod) => metaOf(pod).labels?.[REVISION_HASH] === hash;
  return {
    name,
    ...eligibility,
    fresh: alive.filter(isFresh),
    stale: alive.filter((pod) => !isFresh(pod)),
    ended: pods.filter((pod) => !isTerminating(pod) && isFinished(pod)),
    leaving: pods.some(isTerminating),
  };
}

const byAge = (a: Pod, b: Pod): number =>
  parseTimeMs(metaOf(a).creationTimestamp) - parseTimeMs(metaOf(b).creationTimestamp) ||
  ((metaOf(a).name ?? '') < (metaOf(b).name ?? '') ? -1 : 1);

/** Whether a pod has been ready for as long as the set asks. */
export function isAvailable(set: DaemonSet, pod: Pod | undefined, nowMs: number): boolean {
  const atMs = pod && availableAtMs(pod, set.spec?.minReadySeconds ?? 0);
  return atMs !== undefined && atMs <= nowMs;
}
