import { ageColumn, containerColumns, nameColumn, selectorColumn } from '../core/columns.ts';
import type { Column } from '../meta/definition.ts';
import type { ReplicaSet } from './replica-set.ts';

const count = (name: string, description: string, value: (set: ReplicaSet) => number): Column<ReplicaSet> => ({
  name,
  type: 'integer',
  description,
  value,
});

export const replicaSetColumns: readonly Column<ReplicaSet>[] = [
  nameColumn,
  count('Desired', 'How many pods there should be.', (set) => set.spec?.replicas ?? 0),
  count('Current', 'How many pods there are.', (set) => set.status?.replicas ?? 0),
  count('Ready', 'How many pods are ready.', (set) => set.status?.readyReplicas ?? 0),
  ageColumn,
  ...containerColumns<ReplicaSet>((set) => set.spec?.template),
  selectorColumn<ReplicaSet>((set) => set.spec?.selector),
];
