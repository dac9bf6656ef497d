import { apiVersionOf, type Column, type ResourceDefinition } from './definition.ts';
import type { ApiObject } from './object.ts';

/** `meta.k8s.io/v1` Table (Kubernetes docs, "API Concepts", "Receiving resources as Tables"). */

/** What of a kind bears on its table. */
export type Printed<T extends ApiObject> = Pick<
  ResourceDefinition<T>,
  'group' | 'version' | 'kind' | 'plural' | 'columns'
>;

export interface TableOptions {
  /** What each row carries of its object. Default `Metadata`. */
  includeObject?: 'None' | 'Metadata' | 'Object';
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
  /** Default `meta.k8s.io/v1`; old clients ask for `meta.k8s.io/v1beta1`. */
  apiVersion?: 'meta.k8s.io/v1' | 'meta.k8s.io/v1beta1';
  /** False leaves the column definitions out, as in a watch after its first event. Default true. */
  columns?: boolean;
}

export interface TableColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export interface TableRow {
  cells: (string | number | boolean | null)[];
  object?: unknown;
}

export interface Table {
  kind: 'Table';
  apiVersion: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  columnDefinitions: TableColumnDefinition[] | null;
  rows: TableRow[];
}

const definitionOf = <T extends ApiObject>({ name, type, format, description, priority }: Column<T>) => ({
  name,
  type,
  format: format ?? '',
  description,
  priority: priority ?? 0,
});

/** One object as a row of its kind's printed columns; ages are as of `nowMs`. */
export function rowOf<T extends ApiObject>(
  resource: Printed<T>,
  object: T,
  nowMs: number,
  { includeObject, apiVersion: version = 'meta.k8s.io/v1' }: TableOptions,
): TableRow {
  const shown =
    includeObject === 'Object' ? { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind } : object;
  return {
    cells: resource.columns.map((column) => column.value(object, nowMs)),
    object: rowObject(shown, version, includeObject),
  };
}

function rowObject(object: ApiObject, version: string, include: TableOptions['includeObject']): unknown {
  if (include === 'None') return undefined;
  if (include === 'Object') return object;
  return { kind: 'PartialObjectMetadata', apiVersion: version, metadata: object.metadata ?? {} };
}

/** The objects as rows of the kind's printed columns; ages are as of `nowMs`. */
export function tableOf<T extends ApiObject>(
  resource: Printed<T>,
  objects: readonly T[],
  nowMs: number,
  options: TableOptions = {},
): Table {
  const version = options.apiVersion ?? 'meta.k8s.io/v1';
  const columns = resource.columns;
  return {
    kind: 'Table',
    apiVersion: version,
    metadata: {
      resourceVersion: options.resourceVersion,
      continue: options.continue,
      remainingItemCount: options.remainingItemCount,
    },
    columnDefinitions: options.columns === false ? null : columns.map(definitionOf),
    rows: objects.map((object) => rowOf(resource, object, nowMs, options)),
  };
}
