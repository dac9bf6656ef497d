import { isJsonObject, type JsonObject, setOwn } from '../json.ts';
import type { TSchema } from '../schema.ts';
import { difference, type FieldSet, intersection, isEmptySet, isMember, union } from './field-set.ts';
import { fieldsOf, withStructs } from './fields-of.ts';
import { type Container, fieldOf, isContainer, itemElement, type KeyedList, type Shape, shapeOf } from './shape.ts';

/** The object without the fields of a set. A map or list that is emptied by that becomes null. */
export const removeFields = (schema: TSchema, value: unknown, set: FieldSet): unknown =>
  select(shapeOf(schema), value, set, 'others');

/** The fields of a set and nothing else of the object, but for what leads to them. */
export const extractFields = (schema: TSchema, value: unknown, set: FieldSet): unknown =>
  select(shapeOf(schema), value, set, 'members');

type Wanted = 'members' | 'others';
const NOTHING = Symbol('nothing');

function select(shape: Shape, value: unknown, set: FieldSet, wanted: Wanted): unknown {
  if (isEmptySet(set)) return wanted === 'others' ? value : null;
  if (shape.kind === 'list' && Array.isArray(value)) return selectItems(shape, value, set, wanted);
  return isContainer(shape) && isJsonObject(value) ? selectKeys(shape, value, set, wanted) : value;
}

function selectItems(shape: KeyedList, items: readonly unknown[], set: FieldSet, wanted: Wanted): unknown {
  const kept: unknown[] = [];
  for (const item of items) {
    const part = selectPart(shape.items, item, set[itemElement(shape, item)], wanted);
    if (part !== NOTHING) kept.push(wanted === 'members' ? withKeys(shape, item, part) : part);
  }
  return kept.length > 0 ? kept : null;
}

/** An item can only be told by its keys. */
function withKeys({ keys }: KeyedList, item: unknown, part: unknown): unknown {
  if (!isJsonObject(item) || !isJsonObject(part)) return part;
  const named = keys.filter(({ name }) => Object.hasOwn(item, name)).map(({ name }) => [name, item[name]]);
  return { ...part, ...Object.fromEntries(named) };
}

function selectKeys(shape: Container, value: JsonObject, set: FieldSet, wanted: Wanted): unknown {
  const kept: JsonObject = {};
  for (const name of Object.keys(value)) {
    const field = fieldOf(shape, name);
    const part = field ? selectPart(field.shape, value[name], set[field.element], wanted) : value[name];
    if (part !== NOTHING) setOwn(kept, name, part);
  }
  return Object.keys(kept).length > 0 ? kept : null;
}

function selectPart(shape: Shape, value: unknown, node: FieldSet | undefined, wanted: Wanted): unknown {
  if (!node) return wanted === 'others' ? value : NOTHING;
  if (isEmptySet(node) && wanted === 'members') return emptied(shape, value);
  if (wanted === 'others' && isMember(node)) return NOTHING;
  return select(shape, value, node, wanted);
}

/** A container that is a member alone: none of what is in it is. */
const emptied = (shape: Shape, value: unknown): unknown => {
  if (shape.kind === 'list' && Array.isArray(value)) return [];
  return isContainer(shape) && isJsonObject(value) ? {} : value;
};

/**
 * A merged object without what its applier applied before and does no more, unless somebody has it: `last` is what it applied before,
 * `owned` what anybody owns now, the applier's new set included. What nobody ever owned, below something that goes, stays with it
 * only where it can (structured-merge-diff, merge, prune).
 */
export function prune(schema: TSchema, merged: unknown, last: FieldSet, owned: FieldSet): unknown {
  if (isEmptySet(last)) return merged;
  const present = (object: unknown) => withStructs(schema, fieldsOf(schema, object, 'named'));
  const before = withStructs(schema, last);
  const all = present(merged);
  const stripped = removeFields(schema, merged, before);
  const keep = union(present(stripped), withStructs(schema, owned));
  const withOwned = removeFields(schema, merged, difference(all, keep));
  return removeFields(schema, merged, intersection(difference(all, present(withOwned)), before));
}
