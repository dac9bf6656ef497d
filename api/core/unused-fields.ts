import { isJsonObject, ownOf } from '../meta/json.ts';

/** Tables of fields that are kept but not acted on, and the sentences said to whoever uses one. */

export interface Unused {
  /** Below the object that the table is of; `[]` stands for each item of a list. */
  readonly path: string;
  /** Values that ask for something that is not done. Default: any but false and empty ones. */
  readonly asks?: (value: unknown) => boolean;
  /** What is done with it nevertheless, in words that follow "does not act on it". */
  readonly but?: string;
}

export const unless =
  (...honoured: unknown[]) =>
  (value: unknown): boolean =>
    !honoured.includes(value);
export const when =
  (...ignored: unknown[]) =>
  (value: unknown): boolean =>
    ignored.includes(value);

/** An entry of a table with its path taken apart. */
export interface Row {
  readonly unused: Unused;
  readonly names: readonly string[];
  /** The field it begins with. */
  readonly first: string;
}

export function rowOf(unused: Unused): Row {
  const names = unused.path.split('.');
  return { unused, names, first: names[0]!.replace('[]', '') };
}

/** A use of a field: what the field is called wherever it stands, and where it stands here. */
export interface Use {
  readonly field: string;
  readonly path: string;
  readonly but?: string;
}

/** A sentence for each field, however often it is used. */
export function sentencesOn(uses: readonly Use[]): string[] {
  const counts = new Map<string, { first: string; count: number; but?: string }>();
  for (const use of uses) {
    const known = counts.get(use.field);
    if (known) known.count += 1;
    else counts.set(use.field, { first: use.path, count: 1, but: use.but });
  }
  return [...counts.values()].map(({ first, count, but = '' }) => {
    const others = count > 1 ? ` (and ${count - 1} more)` : '';
    return `${first}${others}: kept, but this version of Stowage does not act on it${but}`;
  });
}

/** Sentences on the fields of one object that a table lists. `path` is where it stands. */
export function unusedWarnings(value: object | undefined, path: string, table: readonly Row[]): string[] {
  const uses: Use[] = [];
  if (value) findInTable(value, path, table, '', uses);
  return sentencesOn(uses);
}

/** Adds every use to `found`, in the order of the table; `kind` goes before the names of the fields. */
export function findInTable(value: object, path: string, table: readonly Row[], kind: string, found: Use[]): void {
  // Most have none of these fields: nothing more is done for one that is not there.
  for (const row of table) if (Object.hasOwn(value, row.first)) findAt(value, path, row, 0, kind, found);
}

/** Follows a row's path from its name at `depth` on, to every value that it leads to. */
function findAt(value: unknown, path: string, row: Row, depth: number, kind: string, found: Use[]): void {
  const name = row.names[depth];
  if (name === undefined) {
    if ((row.unused.asks ?? isSet)(value)) found.push({ field: kind + row.unused.path, path, but: row.unused.but });
    return;
  }
  if (!isJsonObject(value)) return;
  const isList = name.endsWith('[]');
  const key = isList ? name.slice(0, -2) : name;
  const child = ownOf(value, key);
  if (child === undefined) return;
  if (!isList) findAt(child, `${path}.${key}`, row, depth + 1, kind, found);
  else if (Array.isArray(child))
    for (const [index, item] of child.entries()) findAt(item, `${path}.${key}[${index}]`, row, depth + 1, kind, found);
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) ? Object.keys(value).length > 0 : Boolean(value);
}
