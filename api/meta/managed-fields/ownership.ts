import type { TSchema } from '../schema.ts';
import { type Comparison, compare } from './compare.ts';
import {
  difference,
  equalSets,
  type FieldSet,
  fieldElement,
  isEmptySet,
  NO_FIELDS,
  setOf,
  union,
} from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import { capUpdaters, isSameManager, type Manager, type ManagerName } from './managers.ts';

const SERVER_META = [
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'selfLink',
  'managedFields',
];

/** What is nobody's: what names the object, and what is the server's own account of it. */
const UNOWNED = setOf([
  ...['apiVersion', 'kind', 'metadata'].map((name) => [fieldElement(name)]),
  ...SERVER_META.map((name) => [fieldElement('metadata'), fieldElement(name)]),
]);

export const ownable = (fields: FieldSet): FieldSet => difference(fields, UNOWNED);

/** All fields of a new object are its maker's. */
export function ownershipOfNew(schema: TSchema, object: unknown, maker: ManagerName, now: string): Manager[] {
  const fields = ownable(fieldsOf(schema, object, 'whole'));
  return isEmptySet(fields) ? [] : [{ ...maker, time: now, fields }];
}

/**
 * Who owns what after `updater` has made `before` into `after`: what it added or changed is its own and nobody else's, what is gone is
 * nobody's. An object of which nobody keeps account stays so.
 */
export function ownershipAfterUpdate(
  schema: TSchema,
  managers: readonly Manager[],
  change: { readonly before: unknown; readonly after: unknown },
  updater: ManagerName,
  now: string,
): readonly Manager[] {
  if (managers.length === 0) return managers;
  const { added, modified, removed } = compare(schema, change.before, change.after);
  const taken = ownable(union(added, modified));
  if (isEmptySet(taken) && isEmptySet(removed)) return managers;
  const others = managers.filter((manager) => !isSameManager(manager, updater));
  const own = managers.find((manager) => isSameManager(manager, updater));
  const mine = union(difference(own?.fields ?? NO_FIELDS, removed), taken);
  const changed = !isEmptySet(taken) || !equalSets(mine, own?.fields ?? NO_FIELDS);
  return capUpdaters([
    ...withoutFields(others, union(taken, removed)),
    ...(isEmptySet(mine) ? [] : [{ ...updater, time: changed ? now : own?.time, fields: mine }]),
  ]);
}

const withoutFields = (managers: readonly Manager[], gone: FieldSet): Manager[] =>
  managers
    .map((manager) => ({ ...manager, fields: difference(manager.fields, gone) }))
    .filter(({ fields }) => !isEmptySet(fields));

/** Fields of others that differ from what an applier wants them to be. */
export interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** Who owns what after an applier got its way. */
export function ownershipAfterApply(
  managers: readonly Manager[],
  applier: Manager,
  { added, modified, removed }: Comparison,
): Manager[] {
  const others = managers.filter((manager) => !isSameManager(manager, applier));
  const lost = union(union(added, modified), removed);
  return [...withoutFields(others, lost), ...(isEmptySet(applier.fields) ? [] : [applier])];
}
