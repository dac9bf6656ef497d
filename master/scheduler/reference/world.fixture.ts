import type { Namespace } from '../../../api/core/namespace.ts';
import type { Node } from '../../../api/core/node.ts';
import type { PersistentVolume } from '../../../api/core/persistent-volume.ts';
import type { PersistentVolumeClaim } from '../../../api/core/persistent-volume-claim.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { CSINode } from '../../../api/storage/csi-node.ts';
import type { StorageClass } from '../../../api/storage/storage-class.ts';
import type { SchedulingPolicySpec } from '../../../api/stowage/scheduling-policy.ts';

/**
 * The cell as plain lists, from which the reference answers every question anew. It is the page docs/SCHEDULING.md said again in
 * code that is slow and easy to check; it shares nothing with the scheduler but `api/`.
 */
export interface ReferenceWorld {
  /** In the order in which they came into the cell. */
  readonly nodes: readonly Node[];
  readonly namespaces: readonly Namespace[];
  /** Pods that are bound, by `spec.nodeName`; all others are looked past. */
  readonly pods: readonly Pod[];
  readonly volumes: readonly PersistentVolume[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly classes: readonly StorageClass[];
  readonly csiNodes: readonly CSINode[];
  readonly policy: SchedulingPolicySpec;
}

type Labels = Readonly<Record<string, string>>;

export const nameOf = (object: { metadata?: { name?: string } }): string => object.metadata?.name ?? '';
export const namespaceOf = (object: { metadata?: { namespace?: string } }): string => object.metadata?.namespace ?? '';
export const labelsOf = (object: { metadata?: { labels?: Record<string, string> } }): Record<string, string> =>
  object.metadata?.labels ?? {};
export const specOf = (pod: Pod): PodSpec => pod.spec ?? { containers: [] };
export const labelOf = (
  object: { metadata?: { labels?: Record<string, string> } },
  key: string,
): string | undefined => {
  const labels: Labels = labelsOf(object);
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
};
export const isLeaving = (pod: Pod): boolean => pod.metadata?.deletionTimestamp !== undefined;

/** Pods that count: bound, and not ended. */
export const residents = ({ pods }: ReferenceWorld): Pod[] =>
  pods.filter(({ spec, status }) => spec?.nodeName && status?.phase !== 'Succeeded' && status?.phase !== 'Failed');

export const podsOn = (world: ReferenceWorld, node: Node): Pod[] =>
  residents(world).filter((pod) => pod.spec?.nodeName === nameOf(node));

/** Where the pod is; nothing when there is no such node (any more). */
export const nodeOf = ({ nodes }: ReferenceWorld, pod: Pod): Node | undefined =>
  nodes.find((node) => nameOf(node) === pod.spec?.nodeName);

/** The domain of the key in which the node is, if it has the label. */
export const domainOf = labelOf;

export const isSameDomain = (key: string, a: Node | undefined, b: Node | undefined): boolean =>
  a !== undefined && b !== undefined && domainOf(a, key) !== undefined && domainOf(a, key) === domainOf(b, key);
