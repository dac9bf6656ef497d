import { conditionOf } from '../../../api/core/conditions.ts';
import { nodes } from '../../../api/core/node.ts';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { type Taint, toleratesTaint } from '../../../api/core/taints.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type Controller, keyOf, watch, watchSelf } from '../kit/controller.ts';
import { bounded, type Decision, remove, wake } from '../kit/decision.ts';
import { parseTimeMs } from '../pods/pod-state.ts';

const COMPONENT = 'taint-eviction-controller';

/**
 * Removes pods from nodes with NoExecute taints once they no longer tolerate them (Kubernetes docs, "Taints and Tolerations", taint
 * based evictions). Keys are nodes.
 */
export const taintEvictionController: Controller = {
  name: 'taint-eviction',
  watches: [
    watchSelf(nodes),
    watch(pods, ({ type, object, previous }, view) => {
      const nodeName = object.spec?.nodeName;
      const arrived = type !== 'deleted' && nodeName && previous?.spec?.nodeName !== nodeName;
      const tainted = arrived && executing(view.get(nodes, undefined, nodeName)?.spec?.taints).length > 0;
      return tainted ? [nodeName] : [];
    }),
  ],
  reconcile(view, key, nowMs) {
    const taints = executing(view.get(nodes, undefined, key)?.spec?.taints);
    if (taints.length === 0) return [];
    const due = (view.podsOn(key) as Pod[])
      .filter((pod) => !metaOf(pod).deletionTimestamp)
      .map((pod) => ({ pod, atMs: leavesAtMs(pod, taints) }));
    const evictions = due.filter(({ atMs }) => atMs <= nowMs).map(({ pod }) => evict(pod));
    const next = Math.min(...due.map(({ atMs }) => atMs).filter((atMs) => atMs > nowMs));
    return [...bounded(evictions), ...(Number.isFinite(next) ? [wake(next - nowMs)] : [])];
  },
};

const executing = (taints: readonly Taint[] | undefined): Taint[] =>
  taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];

/** When the pod has to go; infinity for never, 0 for at once. The earliest of the taints counts. */
export function leavesAtMs(pod: Pod, taints: readonly Taint[]): number {
  const scheduled = conditionOf(pod.status?.conditions, 'PodScheduled');
  const arrivedMs = parseTimeMs(scheduled?.lastTransitionTime ?? metaOf(pod).creationTimestamp);
  return Math.min(
    ...taints.map((taint) => {
      const matching = pod.spec?.tolerations?.filter((toleration) => toleratesTaint(toleration, taint)) ?? [];
      if (matching.length === 0) return 0;
      const seconds = Math.min(
        ...matching.map((toleration) => toleration.tolerationSeconds ?? Number.POSITIVE_INFINITY),
      );
      return Math.max(parseTimeMs(taint.timeAdded), arrivedMs) + Math.max(0, seconds) * 1000;
    }),
  );
}

function evict(pod: Pod): Decision {
  const message = `Marking for deletion Pod ${keyOf(pod)}: its node has a taint it does not tolerate (any longer)`;
  return remove(pods, pod, {
    announce: { about: pod, component: COMPONENT, type: 'Normal', reason: 'TaintManagerEviction', message },
  });
}
