import { ageColumn, containerColumns, nameColumn } from '../core/columns.ts';
import type { Column } from '../meta/definition.ts';
import type { StatefulSet } from './stateful-set.ts';

export const statefulSetColumns: readonly Column<StatefulSet>[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    description: 'How many pods are ready, of how many desired.',
    value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
  },
  ageColumn,
  ...containerColumns<StatefulSet>((set) => set.spec?.template),
];
