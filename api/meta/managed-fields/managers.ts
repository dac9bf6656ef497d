import { badRequest } from '../errors.ts';
import { excerpt } from '../json.ts';
import type { ObjectMeta } from '../object.ts';
import { equalSets, type FieldSet, isEmptySet, parseFieldSet, union } from './field-set.ts';

/** Who owns which fields: `metadata.managedFields` (Kubernetes docs, "Server-Side Apply", field management). */
export type ManagedFields = NonNullable<ObjectMeta['managedFields']>;

/** What tells managers apart: an applier by name, whatever version it speaks; others by the version too. */
export interface ManagerName {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** The version whose fields the set names. */
  readonly apiVersion: string;
  readonly subresource?: string;
}

export interface Manager extends ManagerName {
  /** When it last changed what it owns, RFC 3339. */
  readonly time?: string;
  readonly fields: FieldSet;
}

/** As many that update are told apart, as in Kubernetes. */
export const MAX_UPDATERS = 10;
/** More accounts than this are not believed: nobody comes to have so many by writing. */
const MAX_PROPOSED = 1_000;
/** Who is said to own what the oldest of too many managers owned. */
export const OLD_UPDATES = 'ancient-changes';
/** Who owns what an object held that nobody kept account of when it was first applied to. */
export const BEFORE_FIRST_APPLY = 'before-first-apply';

export const isSameManager = (a: ManagerName, b: ManagerName): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

/** The managers of a stored object. */
export const readManagers = (entries: ManagedFields = []): Manager[] =>
  entries.map(({ manager = '', operation, apiVersion = '', subresource, time, fieldsV1 }) => ({
    manager,
    operation: operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion,
    ...(subresource && { subresource }),
    ...(time && { time }),
    fields: fieldsV1 as FieldSet,
  }));

/** As they are stored: appliers first, then by time. Undefined: there are none. */
export function writeManagers(managers: readonly Manager[]): ManagedFields | undefined {
  const owning = managers.filter(({ fields }) => !isEmptySet(fields));
  if (owning.length === 0) return undefined;
  return owning.sort(inOrder).map(({ manager, operation, apiVersion, time, fields, subresource }) => ({
    manager,
    operation,
    apiVersion,
    ...(time && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource && { subresource }),
  }));
}

const ORDER = ['operation', 'time', 'manager', 'apiVersion', 'subresource'] as const;

function inOrder(a: Manager, b: Manager): number {
  for (const key of ORDER) {
    const [left, right] = [a[key] ?? '', b[key] ?? ''];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** What a client asks `metadata.managedFields` to be: forgotten, taken as given, or (undefined) left as they are. */
export type Proposal = 'forget' | Manager[] | undefined;

/** Reads what a client sent. What is no account of fields is not believed, and changes nothing. */
export function readProposal(entries: ManagedFields | undefined): Proposal {
  if (!entries) return undefined;
  if (entries.length === 0 || (entries.length === 1 && Object.keys(entries[0]!).length === 0)) return 'forget';
  try {
    return checkManagers(entries);
  } catch {
    return undefined;
  }
}

function checkManagers(entries: ManagedFields): Manager[] {
  if (entries.length > MAX_PROPOSED) throw badRequest(`metadata.managedFields: has more than ${MAX_PROPOSED} entries`);
  const managers: Manager[] = [];
  for (const [index, entry] of entries.entries()) {
    const fault = (why: string) => badRequest(`metadata.managedFields[${index}]: ${why}`);
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      throw fault(`operation ${excerpt(entry.operation)} must be Apply or Update`);
    }
    if (!entry.apiVersion) throw fault('apiVersion must not be empty');
    if (entry.fieldsType !== 'FieldsV1') throw fault(`fieldsType ${excerpt(entry.fieldsType)} must be FieldsV1`);
    const [read] = readManagers([{ ...entry, fieldsV1: parseFieldSet(entry.fieldsV1 ?? {}) }]);
    const twin = managers.findIndex((known) => isSameManager(known, read!));
    if (twin < 0) managers.push(read!);
    else managers[twin] = read!;
  }
  return managers;
}

/** With at most {@link MAX_UPDATERS} that update: of the oldest, those of one version become one. */
export function capUpdaters(managers: readonly Manager[]): Manager[] {
  const updaters = managers.filter(({ operation }) => operation === 'Update').sort(inOrder);
  let excess = updaters.length - MAX_UPDATERS;
  if (excess <= 0) return [...managers];
  const kept = new Set(managers);
  const buckets = new Map<string, Manager>();
  for (const updater of updaters) {
    if (excess <= 0) break;
    const bucket = buckets.get(updater.apiVersion);
    kept.delete(updater);
    if (bucket) {
      kept.delete(bucket);
      excess -= 1;
    }
    const { apiVersion, time, fields } = updater;
    const merged: Manager = bucket
      ? { manager: OLD_UPDATES, operation: 'Update', apiVersion, time, fields: union(bucket.fields, fields) }
      : updater;
    buckets.set(apiVersion, merged);
    kept.add(merged);
  }
  return [...kept];
}

/** Whether both accounts say the same, whenever it came about. */
export function sameButTimes(a: ManagedFields | undefined, b: ManagedFields | undefined): boolean {
  const [left, right] = [readManagers(a), readManagers(b)];
  if (left.length !== right.length) return false;
  return left.every((manager) => {
    const other = right.find((candidate) => isSameManager(candidate, manager));
    return other?.apiVersion === manager.apiVersion && equalSets(other.fields, manager.fields);
  });
}
