import { ageColumn, containerColumns, nameColumn, selectorColumn } from '../core/columns.ts';
import type { Column } from '../meta/definition.ts';
import type { Deployment } from './deployment.ts';

export const deploymentColumns: readonly Column<Deployment>[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    description: 'How many pods are ready, of how many desired.',
    value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
  },
  {
    name: 'Up-to-date',
    type: 'string',
    description: 'How many pods have the present template.',
    value: ({ status }) => status?.updatedReplicas ?? 0,
  },
  {
    name: 'Available',
    type: 'string',
    description: 'How many pods have been ready long enough.',
    value: ({ status }) => status?.availableReplicas ?? 0,
  },
  ageColumn,
  ...containerColumns<Deployment>((deployment) => deployment.spec?.template),
  selectorColumn<Deployment>((deployment) => deployment.spec?.selector),
];
