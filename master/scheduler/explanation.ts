/** Why a pod is where it is, or nowhere: what the pod's condition, its event and `stowctl why` say. Plain data. */
export interface Explanation {
  /**
   * placed: it has a node; pending: no node takes it now; waiting: it may not be tried yet (gates, its gang, a held place, back-off,
   * others first); ignored: another scheduler's, or ended.
   */
  readonly state: 'placed' | 'pending' | 'waiting' | 'ignored';
  /** One line, as in the pod's condition: `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were unschedulable.` */
  readonly message: string;
  /** Nodes in the cell. */
  readonly nodes: number;
  /** Every reason for which nodes refuse it, most frequent first. A node that lacks two things counts for both. */
  readonly reasons: readonly { readonly reason: string; readonly nodes: number }[];
  /** The node that needs least to change, and what it lacks, in words. */
  readonly nearest?: { readonly node: string; readonly lacks: readonly string[] };
  /** Changes that were tried on the model and found to help, the least to ask for first. Never guesses. */
  readonly remedies: readonly Remedy[];
}

export interface Remedy {
  /** `fits on 14 nodes if memory <= 3.2Gi`; `fits on node-3 if it tolerates dedicated=gpu and cpu <= 2` (docs/WHY.md has all). */
  readonly text: string;
  /** How many nodes would take the pod after the change. */
  readonly nodes: number;
}

/** Answers for one pod; nothing when there is no such pod. */
export type ExplainPod = (namespace: string, name: string) => Explanation | undefined;
