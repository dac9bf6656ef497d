import type { JsonObject } from '../json.ts';
import type { TSchema } from '../schema.ts';
import { type FieldSet, type FieldSetDraft, isEmptySet, isMember, MEMBER, NO_FIELDS, SELF } from './field-set.ts';
import {
  type Container,
  fieldOf,
  isContainer,
  isObjectOf,
  isOwnField,
  itemElement,
  type KeyedList,
  type Shape,
  shapeOf,
} from './shape.ts';

/**
 * Which fields a value has. `named`: what somebody who writes it down has said something about, which is the leaves, items and keys.
 * `whole`: what somebody who makes it anew has made, which is the maps and lists around them too.
 */
export type Reach = 'named' | 'whole';

/** The fields of an object. What the schema does not know is passed over. */
export const fieldsOf = (schema: TSchema, value: unknown, reach: Reach): FieldSet =>
  nodeOf(shapeOf(schema), value, reach, false) ?? NO_FIELDS;

/** The node of a value that is there; undefined: neither the value nor anything in it is a member. `member`: it is one itself. */
export function nodeOf(shape: Shape, value: unknown, reach: Reach, member: boolean): FieldSet | undefined {
  if (shape.kind === 'list' && Array.isArray(value)) return listNode(shape, value, reach, member);
  return isObjectOf(shape, value) ? objectNode(shape as Container, value, reach, member) : MEMBER;
}

function objectNode(shape: Container, value: JsonObject, reach: Reach, asked: boolean): FieldSet | undefined {
  const member = asked || (reach === 'whole' && shape.kind !== 'struct');
  const made: FieldSetDraft = member ? { [SELF]: MEMBER } : {};
  let empty = true;
  let alone = true;
  for (const name of Object.keys(value)) {
    if (value[name] === undefined) continue;
    empty = false;
    const field = fieldOf(shape, name);
    const node = field && nodeOf(field.shape, value[name], reach, isOwnField(shape, name));
    if (!node) continue;
    made[field.element] = node;
    alone = false;
  }
  if (alone) return member || empty ? MEMBER : undefined;
  return made;
}

function listNode(shape: KeyedList, items: readonly unknown[], reach: Reach, asked: boolean): FieldSet | undefined {
  const member = asked || reach === 'whole';
  if (items.length === 0) return member ? MEMBER : undefined;
  const made: FieldSetDraft = member ? { [SELF]: MEMBER } : {};
  for (const item of items) made[itemElement(shape, item)] = nodeOf(shape.items, item, reach, true)!;
  return made;
}

/**
 * Whether `set` is all that {@link fieldsOf} finds in the object as a whole, found without making a set. May say no where it is: of
 * lists that name an item twice, or have them in another order.
 */
export const hasWholeFields = (schema: TSchema, value: unknown, set: FieldSet): boolean =>
  hasNode(shapeOf(schema), value, set, false);

function hasNode(shape: Shape, value: unknown, set: FieldSet, asked: boolean): boolean {
  if (shape.kind === 'list' && Array.isArray(value)) return hasListNode(shape, value, set);
  return isObjectOf(shape, value) ? hasObjectNode(shape as Container, value, set, asked) : isEmptySet(set);
}

function hasObjectNode(shape: Container, value: JsonObject, set: FieldSet, asked: boolean): boolean {
  const member = asked || shape.kind !== 'struct';
  let count = 0;
  for (const name of Object.keys(value)) {
    const field = value[name] === undefined ? undefined : fieldOf(shape, name);
    if (!field) continue;
    const node = set[field.element];
    if (!node || !hasNode(field.shape, value[name], node, isOwnField(shape, name))) return false;
    count += 1;
  }
  return hasElements(set, count, member);
}

function hasListNode(shape: KeyedList, items: readonly unknown[], set: FieldSet): boolean {
  let count = 0;
  for (const element in set) {
    if (element === SELF) continue;
    const item = items[count];
    if (count >= items.length || element !== itemElement(shape, item)) return false;
    if (!hasNode(shape.items, item, set[element]!, true)) return false;
    count += 1;
  }
  return count === items.length && hasElements(set, count, true);
}

/** Whether there are so many elements in the node, and itself if it is a `member` beside others. */
function hasElements(set: FieldSet, count: number, member: boolean): boolean {
  let found = 0;
  for (const _ in set) found += 1;
  return found === (member && count > 0 ? count + 1 : count);
}

/**
 * The set with every known field of a struct that has a member below it: such fields go by themselves when all in them goes, and
 * maps and items of lists do not.
 */
export const withStructs = (schema: TSchema, set: FieldSet): FieldSet => structsIn(shapeOf(schema), set);

function structsIn(shape: Shape, set: FieldSet): FieldSet {
  if (shape.kind === 'leaf') return set;
  const made: FieldSetDraft = {};
  for (const element in set) {
    const below = element === SELF ? undefined : shapeAt(shape, element);
    const node = below ? structsIn(below, set[element]!) : set[element]!;
    const struct = shape.kind === 'struct' && element !== SELF && shape.fields.has(element.slice(2));
    made[element] = struct && !isMember(node) ? { [SELF]: MEMBER, ...node } : node;
  }
  return made;
}

function shapeAt(shape: Shape, element: string): Shape | undefined {
  if (shape.kind === 'list') return shape.items;
  return isContainer(shape) ? fieldOf(shape, element.slice(2))?.shape : undefined;
}
