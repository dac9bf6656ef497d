import { conditionOf } from '../../../api/core/conditions.ts';
import { type Node, nodes } from '../../../api/core/node.ts';
import type { Taint } from '../../../api/core/taints.ts';
import { timestamp } from '../../../platform/clock.ts';
import { sameJson } from '../kit/canonical-json.ts';
import { type Decision, update } from '../kit/decision.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** Conditions that keep new pods off a node, and the taints that say so (Kubernetes docs, "Taints and Tolerations"). */
const CONDITION_TAINTS = [
  ['MemoryPressure', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'node.kubernetes.io/pid-pressure'],
  ['NetworkUnavailable', 'node.kubernetes.io/network-unavailable'],
] as const;

/** Taints that are ours alone to set and to take off. */
const OURS = new Set<string>([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...CONDITION_TAINTS.map(([, key]) => key)]);

/**
 * Brings a node's taints in line with its conditions. Other taints stay; a NoExecute taint without a time gets one. One that would move
 * the node's pods is given only if it `mayExecute`; one that is there stays as long as its condition.
 */
export function taintDecisions(node: Node, mayExecute: boolean, nowMs: number): Decision[] {
  if (sameJson(taintsOf(node, mayExecute, nowMs), node.spec?.taints ?? [])) return [];
  return [
    update(nodes, node, (current) => {
      const taints = taintsOf(current, mayExecute, nowMs);
      current.spec = { ...current.spec, taints: taints.length > 0 ? taints : undefined };
    }),
  ];
}

/** Whether the node is to lose its pods, and does not yet. */
export function wantsEviction(node: Node): boolean {
  const wanted = wantedTaints(node).find(({ effect }) => effect === 'NoExecute');
  return wanted !== undefined && !node.spec?.taints?.some((taint) => taint.effect === 'NoExecute' && isOurs(taint));
}

/** A node that was silent and now says it is not ready goes on losing its pods: its key changes, nothing begins anew. */
const isOurs = ({ key }: Taint): boolean => key === NOT_READY || key === UNREACHABLE;

function taintsOf(node: Node, mayExecute: boolean, nowMs: number): Taint[] {
  const present = node.spec?.taints ?? [];
  const executes = mayExecute || !wantsEviction(node);
  const wanted = wantedTaints(node).filter(({ effect }) => executes || effect !== 'NoExecute');
  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const timeAdded = timestamp(nowMs);
  const kept = present
    .filter((taint) => !OURS.has(taint.key) || wanted.some((other) => same(taint, other)))
    .map((taint) => (taint.effect === 'NoExecute' && !taint.timeAdded ? { ...taint, timeAdded } : taint));
  const added = wanted.filter((taint) => !present.some((other) => same(taint, other)));
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded }))];
}

function wantedTaints({ spec, status }: Node): Taint[] {
  const wanted: Taint[] = [];
  if (spec?.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  const ready = conditionOf(status?.conditions, 'Ready');
  if (ready && ready.status !== 'True') {
    const key = ready.status === 'Unknown' ? UNREACHABLE : NOT_READY;
    wanted.push({ key, effect: 'NoSchedule' }, { key, effect: 'NoExecute' });
  }
  for (const [type, key] of CONDITION_TAINTS) {
    if (conditionOf(status?.conditions, type)?.status === 'True') wanted.push({ key, effect: 'NoSchedule' });
  }
  return wanted;
}
