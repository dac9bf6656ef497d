import type { Column } from '../meta/definition.ts';
import { ageColumn, nameColumn, selectorColumn } from './columns.ts';
import type { Service } from './service.ts';

const NONE = '<none>';

/** How the service is reached from outside, by its type. */
function externalAddress({ spec, status }: Service): string {
  const external = spec?.externalIPs ?? [];
  if (spec?.type === 'ExternalName') return spec.externalName || NONE;
  if (spec?.type !== 'LoadBalancer') return external.join(',') || NONE;
  const balanced = new Set((status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []));
  return [...[...balanced].sort(), ...external].join(',') || '<pending>';
}

const portList = ({ spec }: Service): string =>
  (spec?.ports ?? [])
    .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol ?? 'TCP'}`)
    .join(',');

const column = (name: string, description: string, value: (service: Service) => string): Column<Service> => ({
  name,
  type: 'string',
  description,
  value,
});

export const serviceColumns: readonly Column<Service>[] = [
  nameColumn,
  column('Type', 'How the service is reached.', ({ spec }) => spec?.type ?? ''),
  column('Cluster-IP', 'Address within the cell.', ({ spec }) => spec?.clusterIP || NONE),
  column('External-IP', 'Addresses from outside, or the name it stands for.', externalAddress),
  column('Port(s)', 'Ports, with those of the machines and the protocol.', (service) => portList(service) || NONE),
  ageColumn,
  selectorColumn<Service>(({ spec }) => spec?.selector && { matchLabels: spec.selector }),
];
