import type { ApiObject } from '../api/meta/object.ts';
import { type ApiResource, qualifiedSingular } from './discovery.ts';

/** `meta.k8s.io/v1 Table`, as the server sends it. */
export interface Table {
  readonly kind?: string;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly columnDefinitions?: readonly ColumnDefinition[];
  readonly rows?: readonly TableRow[];
}

export interface ColumnDefinition {
  readonly name: string;
  readonly priority?: number;
}

export interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: ApiObject;
}

/** What to ask for in `Accept` to get Tables. */
export const TABLE_ACCEPT =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

export interface TableOptions {
  readonly wide?: boolean;
  readonly withNamespace?: boolean;
  /** Put `pod/` in front of names: several kinds are shown. */
  readonly withKind?: boolean;
  readonly showLabels?: boolean;
  /** Labels that get a column each. */
  readonly labelColumns?: readonly string[];
}

/** The header row for these columns. */
export function headerCells(columns: readonly ColumnDefinition[], options: TableOptions): string[] {
  return [
    ...(options.withNamespace ? ['NAMESPACE'] : []),
    ...columns.filter((column) => shown(column, options)).map((column) => column.name.toUpperCase()),
    ...(options.labelColumns ?? []).map((label) => (label.split('/').at(-1) ?? label).toUpperCase()),
    ...(options.showLabels ? ['LABELS'] : []),
  ];
}

/** One object's row. */
export function rowCells(
  row: TableRow,
  columns: readonly ColumnDefinition[],
  resource: ApiResource,
  options: TableOptions,
): string[] {
  const labels = row.object?.metadata?.labels ?? {};
  const cells = columns.flatMap((column, index) => {
    if (!shown(column, options)) return [];
    const text = cellText(row.cells[index]);
    return [options.withKind && index === 0 ? `${qualifiedSingular(resource)}/${text}` : text];
  });
  return [
    ...(options.withNamespace ? [row.object?.metadata?.namespace ?? ''] : []),
    ...cells,
    ...(options.labelColumns ?? []).map((label) => labels[label] ?? ''),
    ...(options.showLabels ? [labelText(labels)] : []),
  ];
}

/** `a=1,b=2` in key order, or `<none>`. */
export function labelText(labels: Record<string, string> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.sort().join(',') || '<none>';
}

const shown = (column: ColumnDefinition, options: TableOptions) => !column.priority || options.wide === true;

/** One line: a cell that holds line breaks would tear the table. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return '<none>';
  return String(value).replace(/[\n\r].*/s, '...');
}
