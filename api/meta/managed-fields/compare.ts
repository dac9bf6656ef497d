import { equalJson, isJsonObject, type JsonObject } from '../json.ts';
import type { TSchema } from '../schema.ts';
import { type FieldSet, type FieldSetDraft, isEmptySet, MEMBER, NO_FIELDS, SELF } from './field-set.ts';
import { nodeOf } from './fields-of.ts';
import {
  type Container,
  fieldOf,
  isContainer,
  isOwnField,
  itemElement,
  type KeyedList,
  type Shape,
  shapeOf,
} from './shape.ts';

/** What became of an object's fields. The order of a list's items with identities is nobody's field. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

type Delta = { [change in keyof Comparison]?: FieldSet };
type DeltaDraft = { -readonly [change in keyof Comparison]?: FieldSetDraft };

const CHANGES = ['added', 'modified', 'removed'] as const;
const MODIFIED: Delta = { modified: MEMBER };

/** Parts that both share are not looked at. */
export function compare(schema: TSchema, before: unknown, after: unknown): Comparison {
  const { added = NO_FIELDS, modified = NO_FIELDS, removed = NO_FIELDS } = differ(shapeOf(schema), before, after) ?? {};
  return { added, modified, removed };
}

/** Undefined: nothing changed. */
function differ(shape: Shape, before: unknown, after: unknown): Delta | undefined {
  if (before === after) return undefined;
  if (shape.kind === 'list' && Array.isArray(before) && Array.isArray(after)) return differLists(shape, before, after);
  if (isContainer(shape)) {
    if (isJsonObject(before) && isJsonObject(after)) return differObjects(shape, before, after);
    if (isJsonObject(before) || isJsonObject(after)) {
      return { ...MODIFIED, removed: partsOf(shape, before), added: partsOf(shape, after) };
    }
  }
  return equalJson(before, after) ? undefined : MODIFIED;
}

/** What is in an object that stands where the other side has something else. */
function partsOf(shape: Shape, value: unknown): FieldSet | undefined {
  const { [SELF]: _, ...parts } = nodeOf(shape, value, 'whole', true) ?? NO_FIELDS;
  return isEmptySet(parts) ? undefined : parts;
}

/** One part of an object or a list, which one side may lack. `own`: a member by being there. */
function differParts(shape: Shape, before: unknown, after: unknown, own: boolean): Delta | undefined {
  if (before === undefined) return after === undefined ? undefined : { added: nodeOf(shape, after, 'whole', own) };
  if (after === undefined) return { removed: nodeOf(shape, before, 'whole', true) };
  return differ(shape, before, after);
}

function differObjects(shape: Container, before: JsonObject, after: JsonObject): Delta | undefined {
  const draft: DeltaDraft = {};
  for (const name of Object.keys(after)) {
    const field = fieldOf(shape, name);
    if (!field) continue;
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    note(draft, field.element, differParts(field.shape, was, after[name], isOwnField(shape, name)));
  }
  for (const name of Object.keys(before)) {
    if (Object.hasOwn(after, name)) continue;
    const field = fieldOf(shape, name);
    if (field) note(draft, field.element, differParts(field.shape, before[name], undefined, true));
  }
  return draft;
}

function differLists(shape: KeyedList, before: readonly unknown[], after: readonly unknown[]): Delta | undefined {
  const was = byElement(shape, before);
  const is = byElement(shape, after);
  const draft: DeltaDraft = {};
  for (const element of new Set([...was.keys(), ...is.keys()])) {
    note(draft, element, differItems(shape.items, was.get(element) ?? [], is.get(element) ?? []));
  }
  return draft;
}

/** Items that share an identity, as only old objects' do, are compared together as one value. */
function differItems(shape: Shape, was: readonly unknown[], is: readonly unknown[]): Delta | undefined {
  if (was.length <= 1 && is.length <= 1) return differParts(shape, was[0], is[0], true);
  return equalJson(was, is) ? undefined : MODIFIED;
}

function byElement(shape: KeyedList, items: readonly unknown[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items) {
    const element = itemElement(shape, item);
    const others = found.get(element);
    if (others) others.push(item);
    else found.set(element, [item]);
  }
  return found;
}

function note(draft: DeltaDraft, element: string, delta: Delta | undefined): void {
  if (!delta) return;
  for (const change of CHANGES) {
    const node = delta[change];
    if (!node) continue;
    draft[change] ??= {};
    draft[change][element] = node;
  }
}
