import { isMirror } from '../../api/core/mirror-pod.ts';
import type { Pod } from '../../api/core/pod.ts';

/**
 * Which pods leave a node that is emptied, which stay, and which forbid it (Kubernetes docs, "Safely Drain a Node", and the reference of
 * `kubectl drain`, whose words these are). Pure.
 */

/** What whoever drains allows. */
export interface DrainRules {
  readonly ignoreDaemonsets?: boolean | undefined;
  readonly deleteEmptydirData?: boolean | undefined;
  readonly force?: boolean | undefined;
  /** Pods that have been on their way out for longer than this are not waited for; 0: every pod is. */
  readonly skipDeletedAfterMs?: number | undefined;
}

export interface DrainPlan {
  readonly leaving: readonly Pod[];
  /** Sentences about pods that stay, or leave at a loss. */
  readonly warnings: readonly string[];
  /** Why nothing may be done; empty where it may. */
  readonly refusals: readonly string[];
}

type Verdict =
  | { readonly type: 'leaves' | 'stays'; readonly warning?: string }
  | { readonly type: 'forbids'; readonly what: string };

const LEAVES: Verdict = { type: 'leaves' };
const STAYS: Verdict = { type: 'stays' };

/** `namespace/name`. */
export const placeOf = ({ metadata: { namespace = '', name = '' } = {} }: Pod): string => `${namespace}/${name}`;

/** The DaemonSet whose pod it is, as `namespace/name`. */
export const daemonSetOf = (pod: Pod): string | undefined => {
  const owner = controllerOf(pod);
  return owner?.kind === 'DaemonSet' ? `${pod.metadata?.namespace}/${owner.name}` : undefined;
};

/** `daemonSets` are those that exist; pods of others are orphans. */
export function drainPlan(
  pods: readonly Pod[],
  daemonSets: ReadonlySet<string>,
  rules: DrainRules,
  nowMs: number,
): DrainPlan {
  const judged = pods.map((pod) => ({ pod, verdict: verdictOn(pod, daemonSets, rules, nowMs) }));
  const places = (text: (verdict: Verdict) => string | undefined): string[] => {
    const told = judged.filter(({ verdict }) => text(verdict) !== undefined);
    const byText = Map.groupBy(told, ({ verdict }) => text(verdict));
    return [...byText].map(([what, those]) => `${what}: ${those.map(({ pod }) => placeOf(pod)).join(', ')}`);
  };
  return {
    leaving: judged.filter(({ verdict }) => verdict.type === 'leaves').map(({ pod }) => pod),
    warnings: places((verdict) => (verdict.type === 'forbids' ? undefined : verdict.warning)),
    refusals: places((verdict) => (verdict.type === 'forbids' ? `cannot delete ${verdict.what}` : undefined)),
  };
}

/** The rules in order: the first that keeps the pod decides, else the last that has something to say. */
function verdictOn(pod: Pod, daemonSets: ReadonlySet<string>, rules: DrainRules, nowMs: number): Verdict {
  const { deletionTimestamp } = pod.metadata ?? {};
  const { skipDeletedAfterMs = 0 } = rules;
  if (deletionTimestamp && skipDeletedAfterMs > 0 && nowMs - Date.parse(deletionTimestamp) > skipDeletedAfterMs)
    return STAYS;
  const ofDaemonSet = daemonSetVerdict(pod, daemonSets, rules);
  if (ofDaemonSet) return ofDaemonSet;
  if (isMirror(pod)) return STAYS;
  if (isFinished(pod)) return LEAVES;
  if (pod.spec?.volumes?.some(({ emptyDir }) => emptyDir) && !rules.deleteEmptydirData)
    return { type: 'forbids', what: 'Pods with local storage (use --delete-emptydir-data to override)' };
  if (controllerOf(pod)) return LEAVES;
  return rules.force
    ? { type: 'leaves', warning: 'deleting Pods that declare no controller' }
    : { type: 'forbids', what: 'Pods that declare no controller (use --force to override)' };
}

/** Undefined: it is not a DaemonSet's, or its set would not make it anew. */
function daemonSetVerdict(pod: Pod, daemonSets: ReadonlySet<string>, rules: DrainRules): Verdict | undefined {
  const set = daemonSetOf(pod);
  if (set === undefined || isFinished(pod)) return undefined;
  if (!daemonSets.has(set)) {
    return rules.force
      ? undefined
      : { type: 'forbids', what: `daemonsets.apps "${controllerOf(pod)?.name}" not found` };
  }
  return rules.ignoreDaemonsets
    ? { type: 'stays', warning: 'ignoring DaemonSet-managed Pods' }
    : { type: 'forbids', what: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' };
}

const controllerOf = ({ metadata }: Pod) => metadata?.ownerReferences?.find(({ controller }) => controller);

const isFinished = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
