import { stringify } from 'yaml';
import type { ApiObject } from '../api/meta/object.ts';
import { type ApiResource, qualifiedSingular } from './discovery.ts';
import { usageFailure } from './failure.ts';
import { jsonPath } from './json-path.ts';
import { sorted } from './sorted.ts';

/** Where a command writes. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

/** How objects are shown: a server-side table, or the objects themselves. */
export type OutputFormat =
  | { readonly type: 'table'; readonly wide: boolean }
  | { readonly type: 'yaml' | 'json' | 'name' }
  | { readonly type: 'jsonpath'; readonly template: string };

/** Reads `-o`. */
export function parseOutput(text: string | undefined): OutputFormat {
  const value = (text ?? '').replace(/^=/, '');
  if (value === '') return { type: 'table', wide: false };
  if (value === 'wide') return { type: 'table', wide: true };
  if (value === 'yaml' || value === 'json' || value === 'name') return { type: value };
  if (value.startsWith('jsonpath=')) return { type: 'jsonpath', template: value.slice('jsonpath='.length) };
  throw usageFailure(
    `error: unable to match a printer suitable for the output format "${value}": allowed are json, jsonpath=TEMPLATE, name, wide, yaml`,
  );
}

/** An object, or the list that holds several, with keys in order and without `managedFields`, as kubectl prints them. */
export function printObject(value: ApiObject | ListObject, format: OutputFormat, showManagedFields = false): string {
  const tidy = sorted(showManagedFields ? value : withoutManagedFields(value));
  switch (format.type) {
    case 'json':
      return `${JSON.stringify(tidy, null, 4)}\n`;
    case 'jsonpath':
      return jsonPath(format.template, tidy);
    default:
      return stringify(tidy, { indentSeq: false, lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' });
  }
}

/** `pod/web`, `deployment.apps/web`. */
export const nameLine = (resource: ApiResource, name: string): string => `${qualifiedSingular(resource)}/${name}`;

/** What `get -o yaml` of several objects shows. */
export interface ListObject {
  readonly apiVersion: 'v1';
  readonly kind: 'List';
  readonly items: readonly ApiObject[];
  readonly metadata: { readonly resourceVersion: string };
}

export const listOf = (items: readonly ApiObject[]): ListObject => ({
  apiVersion: 'v1',
  kind: 'List',
  items,
  metadata: { resourceVersion: '' },
});

function withoutManagedFields(value: ApiObject | ListObject): unknown {
  if ('items' in value) return { ...value, items: value.items.map(withoutManagedFields) };
  if (!value.metadata || !('managedFields' in value.metadata)) return value;
  const { managedFields: _, ...metadata } = value.metadata as Record<string, unknown>;
  return { ...value, metadata };
}
