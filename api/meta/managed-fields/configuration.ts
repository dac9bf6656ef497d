import { excerpt, isJsonObject, type JsonObject, jsonType, MAX_DEPTH, ownOf, tooDeep } from '../json.ts';
import type { TSchema } from '../schema.ts';
import { formatPath } from './field-set.ts';
import {
  type Container,
  fieldOf,
  isContainer,
  itemElement,
  type KeyedList,
  type Leaf,
  type Shape,
  shapeOf,
} from './shape.ts';

/**
 * Why a configuration cannot be applied: it may lack any field, but what it has must be known to the schema, of the right type, and
 * items of lists must be told apart by their keys. One sentence each, worded as Kubernetes does. Throws 400 when it is nested too deep.
 */
export function configurationFaults(schema: TSchema, configuration: unknown): string[] {
  const faults: string[] = [];
  check(shapeOf(schema), configuration, [], faults);
  return faults;
}

const MAX_FAULTS = 20;

function check(shape: Shape, value: unknown, path: readonly string[], faults: string[]): void {
  if (faults.length >= MAX_FAULTS || value === null || value === undefined) return;
  if (path.length >= MAX_DEPTH) throw tooDeep('the configuration');
  if (shape.kind === 'list') checkList(shape, value, path, faults);
  else if (shape.kind === 'leaf') checkLeaf(shape, value, path, faults);
  else checkObject(shape, value, path, faults);
}

const GO_TYPES: Readonly<Record<string, readonly [json: string, wording: string]>> = {
  string: ['string', 'string'],
  boolean: ['bool', 'boolean'],
  integer: ['number', 'numeric (int or float)'],
  number: ['number', 'numeric (int or float)'],
};

function checkLeaf({ type }: Leaf, value: unknown, path: readonly string[], faults: string[]): void {
  const [json, wording] = (type && GO_TYPES[type]) || [];
  if (json && jsonType(value) !== json) faults.push(`${formatPath(path)}: expected ${wording}, got ${excerpt(value)}`);
}

function checkObject(shape: Container, value: unknown, path: readonly string[], faults: string[]): void {
  if (!isJsonObject(value)) {
    if (shape.kind !== 'deduced') faults.push(`${formatPath(path)}: expected map, got ${excerpt(value)}`);
    return;
  }
  for (const name of Object.keys(value)) {
    const field = fieldOf(shape, name);
    const below = [...path, `f:${name}`];
    if (field) check(field.shape, value[name], below, faults);
    else if (faults.length < MAX_FAULTS) faults.push(`${formatPath(below)}: field not declared in schema`);
  }
}

function checkList(shape: KeyedList, value: unknown, path: readonly string[], faults: string[]): void {
  if (!Array.isArray(value)) {
    faults.push(`${formatPath(path)}: expected list, got ${excerpt(value)}`);
    return;
  }
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    if (faults.length >= MAX_FAULTS) return;
    const fault = identityFault(shape, item);
    if (fault) {
      faults.push(`${formatPath(path)}: element ${index}: ${fault}`);
      continue;
    }
    const element = itemElement(shape, item);
    if (seen.has(element)) faults.push(`${formatPath(path)}: duplicate entries for key ${formatPath([element])}`);
    seen.add(element);
    check(shape.items, item, [...path, element], faults);
  }
}

function identityFault({ keys, items }: KeyedList, item: unknown): string | undefined {
  if (keys.length === 0)
    return isContainer(items) || typeof item !== 'object' ? undefined : 'a set holds no lists, maps or nulls';
  if (!isJsonObject(item))
    return `associative list with keys may not have ${item === null ? 'a null' : 'a non-map'} element`;
  const missing = keys.filter((key) => isMissing(item, key.name) && key.default === undefined);
  const fault = missing.find((key) => key.required) ?? (missing.length === keys.length ? missing[0] : undefined);
  return (
    fault &&
    `associative list with keys has an element that omits key field "${fault.name}" (and doesn't have default value)`
  );
}

const isMissing = (item: JsonObject, name: string): boolean => (ownOf(item, name) ?? undefined) === undefined;
