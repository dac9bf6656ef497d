import { ApiError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import type { ObjectMeta } from '../object.ts';
import type { TSchema } from '../schema.ts';
import { type Comparison, compare } from './compare.ts';
import { difference, equalSets, formatPath, intersection, isEmptySet, NO_FIELDS, pathsOf, union } from './field-set.ts';
import { fieldsOf } from './fields-of.ts';
import { allowedByLastApplied, KUBECTL } from './last-applied.ts';
import { BEFORE_FIRST_APPLY, isSameManager, type Manager, readManagers, writeManagers } from './managers.ts';
import { mergeConfiguration } from './merge.ts';
import { type Conflict, ownable, ownershipAfterApply, ownershipOfNew } from './ownership.ts';
import { prune } from './prune.ts';

/** What an applier wants of an object. */
export interface Application {
  readonly schema: TSchema;
  /** Checked (configuration.ts); holds no fields that its way of writing leaves alone. */
  readonly configuration: JsonObject;
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  /** Take fields from others rather than refuse. */
  readonly force: boolean;
  /** RFC 3339. */
  readonly now: string;
  /** Turns a merged object into one that can be stored: canonical values, without nulls. Throws `ApiError` for wrong types. */
  decode(merged: unknown): JsonObject;
}

interface Live extends JsonObject {
  metadata?: ObjectMeta;
}

/**
 * The object after a configuration was applied to it, with `metadata.managedFields` (Kubernetes docs, "Server-Side Apply"): what is said
 * is set, what the applier said before and says no more goes unless somebody else owns it. Throws 409 with each field of others that
 * would change. `live` is not changed; of an object that is not there yet, it holds what names it.
 */
export function applyConfiguration(live: Live, application: Application): JsonObject {
  const { schema, configuration, manager, apiVersion, subresource, now } = application;
  const before = { ...live, metadata: { ...live.metadata, managedFields: undefined } };
  const managers = accountOf(live, application);
  const name = { manager, operation: 'Apply', apiVersion, ...(subresource && { subresource }) } as const;
  const own = managers.find((known) => isSameManager(known, name));
  const last = own?.fields ?? NO_FIELDS;
  const said = fieldsOf(schema, configuration, 'named');
  const fields = ownable(said);
  const others = managers.filter((known) => known !== own);
  const owned = others.reduce((all, other) => union(all, other.fields), said);
  const merged = mergeConfiguration(schema, before, configuration);
  const after = application.decode(prune(schema, merged, last, owned));
  const change = compare(schema, before, after);
  const conflicts = conflictsIn(others, change);
  if (conflicts.length > 0 && !application.force) {
    // What goes may leave an empty map behind, which counts as changed, but which nobody has set.
    const set = compare(schema, before, application.decode(merged));
    refuseConflicts(live, conflictsIn(others, set), application);
  }
  const changed = [change.added, change.modified, change.removed].some((set) => !isEmptySet(ownable(set)));
  const time = changed || !own || !equalSets(last, fields) ? now : own.time;
  const managedFields = writeManagers(ownershipAfterApply(others, { ...name, time, fields }, change));
  return { ...after, metadata: { ...(after.metadata as ObjectMeta), managedFields } };
}

/** An object of which nobody kept account is the first applier's to share with whoever made it. */
function accountOf(live: Live, { schema, apiVersion, now }: Application): Manager[] {
  const managers = readManagers(live.metadata?.managedFields);
  if (managers.length > 0 || !live.metadata?.uid) return managers;
  return ownershipOfNew(schema, live, { manager: BEFORE_FIRST_APPLY, operation: 'Update', apiVersion }, now);
}

function conflictsIn(others: readonly Manager[], { added, modified }: Comparison): Conflict[] {
  const changed = union(added, modified);
  return others
    .map((manager) => ({ manager, fields: intersection(manager.fields, changed) }))
    .filter(({ fields }) => !isEmptySet(fields));
}

/** Throws 409, unless all that stands against it is what kubectl itself applied from its own side before. */
function refuseConflicts(
  live: Live,
  conflicts: readonly Conflict[],
  { schema, manager, apiVersion }: Application,
): void {
  const allowed = manager === KUBECTL ? allowedByLastApplied(schema, live, apiVersion) : NO_FIELDS;
  const left = conflicts
    .map((conflict) => ({ ...conflict, fields: difference(conflict.fields, allowed) }))
    .filter(({ fields }) => !isEmptySet(fields));
  if (left.length > 0) throw conflictError(left);
}

/** An answer that names each of very many would be larger than what was sent. */
const MOST_TOLD = 100;

function conflictError(conflicts: readonly Conflict[]): ApiError {
  const found = conflicts
    .flatMap(({ manager, fields }) =>
      [...pathsOf(fields)].map((path) => ({ who: wording(manager), path: formatPath(path) })),
    )
    .sort((a, b) => (a.who + a.path < b.who + b.path ? -1 : 1));
  const causes = found.slice(0, MOST_TOLD).map(({ who, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who}`,
    field: path,
  }));
  return new ApiError(409, 'Conflict', conflictMessage(found), { causes });
}

function conflictMessage(found: readonly { who: string; path: string }[]): string {
  const [first] = found;
  if (found.length === 1) return `Apply failed with 1 conflict: conflict with ${first!.who}: ${first!.path}`;
  const lines = [...Map.groupBy(found.slice(0, MOST_TOLD), ({ who }) => who)].flatMap(([who, fields]) => [
    `conflicts with ${who}:`,
    ...fields.map(({ path }) => `- ${path}`),
  ]);
  if (found.length > MOST_TOLD) lines.push(`and ${found.length - MOST_TOLD} more`);
  return `Apply failed with ${found.length} conflicts: ${lines.join('\n')}`;
}

function wording({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = `${JSON.stringify(manager)}${subresource ? ` with subresource ${JSON.stringify(subresource)}` : ''}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
