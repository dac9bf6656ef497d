import type { SeenObject } from '../history.ts';
import { add, amountsOf, exceeds } from './amounts.ts';
import { entries, field, isDeleting, list, text } from './fields.ts';
import { bandRank, hasCondition, PODS, podOf } from './pods.ts';
import type { SeenCell } from './seen-cell.ts';

/**
 * Whether a pod could be placed, by the plainest of reasons: a node that is ready and takes it has room for all it asks. Pods that want
 * more than room (affinity, spreading, claims, ports, gangs, gates) are not judged.
 */
export function isPlain(pod: SeenObject): boolean {
  const spec = field(pod, 'spec');
  const wants = ['affinity', 'schedulingGates', 'topologySpreadConstraints'].some(
    (name) => field(spec, name) !== undefined,
  );
  const claims = list(spec, 'volumes').some((volume) => volume.persistentVolumeClaim ?? volume.ephemeral);
  const ports = list(spec, 'containers').some((container) => list(container, 'ports').some((port) => port.hostPort));
  const marks = [...entries(pod, 'metadata', 'labels'), ...entries(pod, 'metadata', 'annotations')];
  return !wants && !claims && !ports && !marks.some(([key]) => key.includes('pod-group'));
}

/** Whether a node is up, and takes new pods in general. */
export const isOpen = (node: SeenObject): boolean =>
  hasCondition(node, 'Ready') && !isDeleting(node) && field(node, 'spec', 'unschedulable') !== true;

/** The node, its own taints and labels allowing, on which there is room when only those stay that `stays` lets stay. */
export function roomFor(cell: SeenCell, pod: SeenObject, stays: (other: SeenObject) => boolean): string | undefined {
  const used = new Map<string, Map<string, number>>();
  for (const [, other] of cell.all(PODS)) {
    const { node, over, reserves } = podOf(other);
    if (!node || over || !stays(other)) continue;
    let sum = used.get(node);
    if (!sum) {
      sum = new Map();
      used.set(node, sum);
    }
    add(sum, reserves);
  }
  const asked = podOf(pod).reserves;
  for (const [key, node] of cell.all('/nodes')) {
    if (!isOpen(node) || !admits(node, pod)) continue;
    const offered = amountsOf(field(node, 'status', 'allocatable'));
    const taken = used.get(key.slice(1));
    const fits = [...asked].every(
      ([name, value]) => value === 0 || !exceeds((taken?.get(name) ?? 0) + value, offered.get(name) ?? 0),
    );
    if (fits) return key.slice(1);
  }
  return undefined;
}

export function admits(node: SeenObject, pod: SeenObject): boolean {
  const labels = field(node, 'metadata', 'labels');
  if (!entries(pod, 'spec', 'nodeSelector').every(([key, value]) => field(labels, key) === value)) return false;
  const taints = list(node, 'spec', 'taints').filter(({ effect }) => effect !== 'PreferNoSchedule');
  const tolerations = list(pod, 'spec', 'tolerations');
  return taints.every((taint) => tolerations.some((toleration) => tolerates(toleration, taint)));
}

function tolerates(toleration: SeenObject, taint: SeenObject): boolean {
  const { key, operator = 'Equal', value = '', effect } = toleration;
  if (effect && effect !== taint.effect) return false;
  if (!key) return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
}

/** Those of the same band, or a more important one, which it may not push out. */
export const notBelow =
  (pod: SeenObject) =>
  (other: SeenObject): boolean =>
    bandRank(podOf(other).priority) <= bandRank(podOf(pod).priority);

export const everybody = (): boolean => true;

/** Whether it waits for a place that a scheduler of ours is to find. */
export function waitsForPlace(pod: SeenObject): boolean {
  const { node, over, deleting } = podOf(pod);
  const scheduler = text(pod, 'spec', 'schedulerName') || 'default-scheduler';
  return !node && !over && !deleting && (scheduler === 'default-scheduler' || scheduler.startsWith('stowage'));
}
