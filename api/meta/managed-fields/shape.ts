import { isJsonObject, type JsonObject, ownOf } from '../json.ts';
import type { TSchema } from '../schema.ts';
import { fieldElement, keyElement, valueElement } from './field-set.ts';

/** What ownership of fields needs of a schema (Kubernetes docs, "Server-Side Apply", merge strategy). */
export type Shape = Leaf | Struct | Mapping | KeyedList | Deduced;

/** Owned as a whole: scalars, atomic lists and atomic maps. */
export interface Leaf {
  readonly kind: 'leaf';
  /** The type of JSON that it must be, where the schema says so. */
  readonly type?: string;
}

/** Known fields; whatever else, where it may have other fields. */
export interface Struct {
  readonly kind: 'struct';
  readonly fields: ReadonlyMap<string, Field>;
  readonly rest?: Shape;
}

export interface Field {
  readonly element: string;
  readonly shape: Shape;
}

export interface Mapping {
  readonly kind: 'map';
  readonly values: Shape;
}

/** A list whose items have an identity: by keys, or by their value. */
export interface KeyedList {
  readonly kind: 'list';
  /** None: a set, whose items are their own identity. */
  readonly keys: readonly ListKey[];
  readonly items: Shape;
}

export interface ListKey {
  readonly name: string;
  readonly default: unknown;
  readonly required: boolean;
}

/** No schema: objects are maps, all else is owned as a whole. */
export interface Deduced {
  readonly kind: 'deduced';
}

const LEAF: Leaf = { kind: 'leaf' };
const DEDUCED: Deduced = { kind: 'deduced' };

interface Annotated {
  type?: string;
  format?: string;
  default?: unknown;
  properties?: Record<string, TSchema>;
  required?: readonly string[];
  items?: TSchema;
  additionalProperties?: TSchema | boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: readonly string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
}

/** A memo of a pure function: what it holds is determined by its keys alone. */
const shapes = new WeakMap<TSchema, Shape>();

export function shapeOf(schema: TSchema): Shape {
  let shape = shapes.get(schema);
  if (!shape) {
    shape = build(schema as Annotated);
    shapes.set(schema, shape);
  }
  return shape;
}

function build(schema: Annotated): Shape {
  if (schema['x-kubernetes-map-type'] === 'atomic') return LEAF;
  if (schema.type === 'array') return listShape(schema);
  if (schema.properties) return structShape(schema, schema.properties);
  if (typeof schema.additionalProperties === 'object') {
    return { kind: 'map', values: shapeOf(schema.additionalProperties) };
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] || schema.additionalProperties === true) return DEDUCED;
  if (schema.type === 'object') return { kind: 'struct', fields: new Map() };
  const strict =
    schema.format !== 'quantity' && schema.format !== 'int-or-string' && !schema['x-kubernetes-int-or-string'];
  return strict && schema.type ? { kind: 'leaf', type: schema.type } : LEAF;
}

function structShape(schema: Annotated, properties: Record<string, TSchema>): Struct {
  const fields = new Map<string, Field>();
  for (const name of Object.keys(properties)) {
    fields.set(name, { element: fieldElement(name), shape: shapeOf(properties[name]!) });
  }
  return { kind: 'struct', fields, ...(schema['x-kubernetes-preserve-unknown-fields'] && { rest: DEDUCED }) };
}

function listShape(schema: Annotated): Shape {
  const type = schema['x-kubernetes-list-type'];
  const names = type === 'map' ? (schema['x-kubernetes-list-map-keys'] ?? []) : [];
  if (!schema.items || (type !== 'set' && names.length === 0)) return LEAF;
  const { properties = {}, required = [] } = schema.items as Annotated;
  const keys = names.map((name) => ({
    name,
    default: (properties[name] as Annotated | undefined)?.default,
    required: required.includes(name),
  }));
  return { kind: 'list', keys, items: shapeOf(schema.items) };
}

/** The shape of a field of an object, and how a set names it. Undefined: the schema has no such field. */
export function fieldOf(shape: Struct | Mapping | Deduced, name: string): Field | undefined {
  if (shape.kind === 'struct') {
    const known = shape.fields.get(name);
    if (known || !shape.rest) return known;
    return { element: fieldElement(name), shape: shape.rest };
  }
  return { element: fieldElement(name), shape: shape.kind === 'map' ? shape.values : DEDUCED };
}

/** Whether an object's field is a member by being there, as keys of maps are, and not only by what is in it. */
export const isOwnField = (shape: Struct | Mapping | Deduced, name: string): boolean =>
  shape.kind !== 'struct' || !shape.fields.has(name);

/** How a set names an item. An item that lacks its keys (which no valid object has) is named by its value. */
export function itemElement({ keys }: KeyedList, item: unknown): string {
  if (keys.length === 0 || !isJsonObject(item)) return valueElement(item);
  const named: [string, unknown][] = [];
  for (const key of keys) {
    const value = ownOf(item, key.name) ?? key.default;
    if (value !== undefined) named.push([key.name, value]);
  }
  return named.length > 0 ? keyElement(named) : valueElement(item);
}

/** The value's own kind, where the schema leaves it open. */
export type Container = Struct | Mapping | Deduced;
export const isContainer = (shape: Shape): shape is Container =>
  shape.kind === 'struct' || shape.kind === 'map' || shape.kind === 'deduced';

export const isObjectOf = (shape: Shape, value: unknown): value is JsonObject =>
  isContainer(shape) && isJsonObject(value);
