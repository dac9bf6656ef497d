import type { ReplicaSet } from '../../../api/apps/replica-set.ts';
import type { ReplicationController } from '../../../api/core/replication-controller.ts';
import type { ResourceDefinition } from '../../../api/meta/definition.ts';
import type { LabelSelector } from '../../../api/meta/selector.ts';

/** What keeps a number of like pods. */
export type ReplicaOwner = ReplicaSet | ReplicationController;

/** What tells one kind of them from another. */
export interface ReplicaKind<S extends ReplicaOwner> {
  /** The controller's. */
  readonly name: string;
  /** Whom events come from. */
  readonly component: string;
  readonly resource: ResourceDefinition<S>;
  readonly selectorOf: (set: S) => LabelSelector | undefined;
}
