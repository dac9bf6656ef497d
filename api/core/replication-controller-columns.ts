import type { Column } from '../meta/definition.ts';
import { ageColumn, containerColumns, nameColumn, selectorColumn } from './columns.ts';
import type { ReplicationController } from './replication-controller.ts';

const count = (
  name: string,
  description: string,
  value: (controller: ReplicationController) => number | undefined,
): Column<ReplicationController> => ({
  name,
  type: 'integer',
  description,
  value: (controller) => value(controller) ?? 0,
});

export const replicationControllerColumns: readonly Column<ReplicationController>[] = [
  nameColumn,
  count('Desired', 'How many pods there should be.', ({ spec }) => spec?.replicas),
  count('Current', 'How many pods there are.', ({ status }) => status?.replicas),
  count('Ready', 'How many pods are ready.', ({ status }) => status?.readyReplicas),
  ageColumn,
  ...containerColumns<ReplicationController>(({ spec }) => spec?.template),
  selectorColumn<ReplicationController>(({ spec }) => spec?.selector && { matchLabels: spec.selector }),
];
