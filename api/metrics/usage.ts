import { nameColumn } from '../core/columns.ts';
import type { Column } from '../meta/definition.ts';
import { type ApiObject, metadata, typeMeta } from '../meta/object.ts';
import { quantityMap, string, struct, time } from '../meta/schema.ts';

/** What nodes and pods use of their resources right now (Kubernetes docs, "Resource metrics pipeline"). Measured, never kept. */

type Usage = Readonly<Record<string, string>>;

export const usage = quantityMap('What it uses of each resource.');

/** Fields of every measurement. */
export const measurement = {
  ...typeMeta,
  metadata,
  timestamp: time('End of the time over which it was measured.'),
  window: string('Length of that time, such as 15s.'),
};

export const ContainerMetricsSchema = struct(
  'io.k8s.metrics.pkg.apis.metrics.v1beta1.ContainerMetrics',
  'What one container uses.',
  { name: string('Name of the container.'), usage },
);

const column = <T extends ApiObject>(
  name: string,
  description: string,
  value: (measured: T) => string | undefined,
): Column<T> => ({ name, type: 'string', description, value: (measured) => value(measured) ?? '' });

/** Columns as the metrics server prints them. */
export const usageColumns = <T extends ApiObject & { window?: string }>(
  usageOf: (measured: T) => Usage,
): readonly Column<T>[] => [
  nameColumn,
  column<T>('cpu', 'Cores it uses.', (measured) => usageOf(measured).cpu),
  column<T>('memory', 'Memory it uses.', (measured) => usageOf(measured).memory),
  column<T>('window', 'Time over which it was measured.', (measured) => measured.window),
];
