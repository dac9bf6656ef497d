import { ageColumn, containerColumns, nameColumn, selectorColumn } from '../core/columns.ts';
import type { Column } from '../meta/definition.ts';
import { formatLabelSelector } from '../meta/selector.ts';
import type { DaemonSet, DaemonSetStatus } from './daemon-set.ts';

const count = (
  name: string,
  description: string,
  value: (status: Partial<DaemonSetStatus>) => number | undefined,
): Column<DaemonSet> => ({ name, type: 'integer', description, value: ({ status }) => value(status ?? {}) ?? 0 });

export const daemonSetColumns: readonly Column<DaemonSet>[] = [
  nameColumn,
  count('Desired', 'How many nodes should have the pod.', (status) => status.desiredNumberScheduled),
  count('Current', 'How many of them have it.', (status) => status.currentNumberScheduled),
  count('Ready', 'On how many it is ready.', (status) => status.numberReady),
  count('Up-to-date', 'On how many it has the present template.', (status) => status.updatedNumberScheduled),
  count('Available', 'On how many it has been ready long enough.', (status) => status.numberAvailable),
  {
    name: 'Node Selector',
    type: 'string',
    description: 'Labels of the nodes it is meant for.',
    value: ({ spec }) => formatLabelSelector({ matchLabels: spec?.template?.spec?.nodeSelector }) || '<none>',
  },
  ageColumn,
  ...containerColumns<DaemonSet>((set) => set.spec?.template),
  selectorColumn<DaemonSet>((set) => set.spec?.selector),
];
