import type { Namespace } from '../../api/core/namespace.ts';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { PodGroup } from '../../api/stowage/pod-group.ts';

/** What is made so many times. `index` counts from 0. */
export interface Batch<T> {
  readonly count: number;
  make(index: number): T;
}

/** Where a pod ended up. */
export interface Placed {
  readonly pod: Pod;
  readonly node: Node;
}

/** Something that happens in the cell while pods are measured. */
export interface Turn {
  /** To be placed, too. */
  readonly pods?: readonly Pod[];
  /** That fit nowhere. */
  readonly stuck?: readonly Pod[];
  readonly nodes?: readonly Node[];
  readonly goneNodes?: readonly Node[];
  readonly gonePods?: readonly Pod[];
}

/** One shape of work, independent of whether it is run on the library alone or against a whole master. */
export interface Workload {
  readonly name: string;
  readonly namespaces: readonly Namespace[];
  readonly groups: readonly Batch<PodGroup>[];
  readonly nodes: readonly Batch<Node>[];
  /** Placed before anything is measured. */
  readonly initial: readonly Batch<Pod>[];
  /** There from the beginning, and never placed. */
  readonly stuck: readonly Batch<Pod>[];
  readonly measured: Batch<Pod>;
  /** How many of the measured pods arrive together. */
  readonly burst: number;
  /** `perSecond` in the time of the published threshold: once for every threshold / perSecond pods. On the library only. */
  readonly alongside?: { readonly perSecond: number; turn(index: number): Turn };
  /** kube-scheduler's published pods per second. */
  readonly threshold?: number;
  /** What the library alone, and a whole master on etcd, should do at least; pods per second. */
  readonly target?: number;
  readonly endToEndTarget?: number;
  /** What this workload demands of the outcome beyond resources; the first fault found, in words. */
  fault?(placed: readonly Placed[]): string | undefined;
}

/** The same work with fewer nodes and pods: for development only. */
export function scaled(workload: Workload, factor: number): Workload {
  // A gang that is not whole is not placed.
  const unit = workload.groups.length > 0 ? workload.burst : 1;
  const fewer = <T>({ count, make }: Batch<T>, of = 1): Batch<T> => ({
    count: Math.min(count, Math.max(1, Math.round((count * factor) / of)) * of),
    make,
  });
  return {
    ...workload,
    nodes: workload.nodes.map((batch) => fewer(batch)),
    initial: workload.initial.map((batch) => fewer(batch)),
    stuck: workload.stuck.map((batch) => fewer(batch)),
    measured: fewer(workload.measured, unit),
  };
}

export const total = (batches: readonly Batch<unknown>[]): number => batches.reduce((sum, { count }) => sum + count, 0);

export function* all<T>(batches: readonly Batch<T>[]): Generator<T> {
  for (const { count, make } of batches) for (let index = 0; index < count; index++) yield make(index);
}
