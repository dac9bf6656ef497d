import { conditionOf } from '../../api/core/conditions.ts';
import { type Node, nodes } from '../../api/core/node.ts';
import { type Pod, pods } from '../../api/core/pod.ts';
import { metaOf } from '../../api/meta/object.ts';
import type { CacheReader, Change } from '../store/cache.ts';
import { type Controller, type ControllerView, keyOf, lookUp, watch } from './kit/controller.ts';
import { bounded, type Decision, remove } from './kit/decision.ts';
import { isFinished, parseTimeMs } from './pods/pod-state.ts';

/** Put on a node by a person (or the machine's provider) who knows that it is off and will not come back by itself. */
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
/** Ended pods beyond the limit are removed down to this part of it, so that they need not be sorted for each one more. */
const KEPT_FRACTION = 0.95;
const ENDED = 'ended-pods';
const NODE = 'node ';
const POD = 'pod ';

export interface PodGcOptions {
  /** Ended pods kept in the whole cell; Kubernetes' default is 12,500. */
  readonly maxEndedPods: number;
}

/**
 * Removes pods whose end nobody else will confirm (Kubernetes docs, "Pod Lifecycle", garbage collection of Pods): those bound to a
 * node that does not exist, those being deleted on a node that is out of service, those being deleted that never had a node; and
 * the oldest ended pods when there are very many.
 */
export function podGarbageCollector({ maxEndedPods }: PodGcOptions): Controller {
  // Which pods have ended: kept up to date by the watch, so that nobody counts all pods for each that ends.
  const ended = new Set<string>();
  return {
    name: 'pod-garbage-collector',
    watches: [
      watch(pods, (change, view) => {
        noteEnd(ended, change);
        return [...concerned(view, change), ...(ended.size > maxEndedPods ? [ENDED] : [])];
      }),
      watch(nodes, ({ type, object }) => {
        const gone = type === 'deleted' || isOutOfService(object);
        return gone ? [`${NODE}${metaOf(object).name}`] : [];
      }),
    ],
    reconcile(view, key) {
      if (key === ENDED) return trimEnded(view, maxEndedPods);
      if (key.startsWith(NODE)) return clearNode(view, key.slice(NODE.length));
      const pod = lookUp(view, pods, key.slice(POD.length));
      return pod && isDyingWithoutNode(pod) ? [forceRemove(pod)] : [];
    },
  };
}

function noteEnd(ended: Set<string>, { type, object }: Change<Pod>): void {
  const uid = metaOf(object).uid ?? '';
  if (type !== 'deleted' && isFinished(object)) ended.add(uid);
  else ended.delete(uid);
}

function concerned(view: ControllerView, { type, object, previous }: Change<Pod>): string[] {
  if (type === 'deleted') return [];
  const nodeName = object.spec?.nodeName;
  if (!nodeName) return isDyingWithoutNode(object) ? [`${POD}${keyOf(object)}`] : [];
  const arrived = previous?.spec?.nodeName !== nodeName;
  const dies = !!metaOf(object).deletionTimestamp && !metaOf(previous ?? {}).deletionTimestamp;
  if (!arrived && !dies) return [];
  const node = view.get(nodes, undefined, nodeName);
  return !node || isOutOfService(node) ? [`${NODE}${nodeName}`] : [];
}

const isDyingWithoutNode = (pod: Pod): boolean =>
  !!metaOf(pod).deletionTimestamp && !pod.spec?.nodeName && !isForced(pod);

/** Already told to go at once: only finalizers hold it, and those are not ours. */
const isForced = (pod: Pod): boolean => !!metaOf(pod).deletionTimestamp && metaOf(pod).deletionGracePeriodSeconds === 0;

function isOutOfService(node: Node): boolean {
  const ready = conditionOf(node.status?.conditions, 'Ready')?.status === 'True';
  return !ready && !!node.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE);
}

function clearNode(view: CacheReader, name: string): Decision[] {
  const node = view.get(nodes, undefined, name);
  if (node && !isOutOfService(node)) return [];
  const found = (view.podsOn(name) as Pod[]).filter((pod) => !isForced(pod));
  return bounded(found.filter((pod) => !node || metaOf(pod).deletionTimestamp).map(forceRemove));
}

function trimEnded(view: CacheReader, limit: number): Decision[] {
  const ended = view.list(pods).filter((pod) => isFinished(pod) && !metaOf(pod).deletionTimestamp);
  if (ended.length <= limit) return [];
  ended.sort((a, b) => parseTimeMs(metaOf(a).creationTimestamp) - parseTimeMs(metaOf(b).creationTimestamp));
  return bounded(ended.slice(0, ended.length - Math.floor(limit * KEPT_FRACTION)).map(forceRemove));
}

const forceRemove = (pod: Pod): Decision => remove(pods, pod, { gracePeriodSeconds: 0 });
