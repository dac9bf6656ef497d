import { apiVersionOf, type ResourceDefinition } from './definition.ts';
import { badRequest, type FieldError } from './errors.ts';
import { isJsonObject, type JsonObject, setOwn } from './json.ts';
import type { ApiObject } from './object.ts';
import {
  any,
  base64Text,
  boolean,
  type Compiled,
  type Decoder,
  enumText,
  integer,
  intOrString,
  isInt32,
  isInt64,
  mismatch,
  number,
  pathOf,
  plainText,
  quantityText,
  timeText,
  type Walk,
} from './scalar-decoders.ts';
import type { Static, TSchema } from './schema.ts';
import { canonicalMicroTime, canonicalTime } from './times.ts';
import { notSupported } from './validation.ts';

/**
 * Turns JSON from outside into an object of a schema, by Kubernetes' rules: a fresh copy; null is absent; unknown fields are
 * pruned and reported; absent required fields get their zero value (as Go's structs do, so that the static types hold); an
 * optional list or map that is empty is absent too, so that removing the last label leaves no `labels: {}` behind;
 * quantities and times become canonical. The walk is compiled to closures once per schema.
 */

export interface Decoded<T> {
  object: T;
  /** Paths of unknown fields, as Kubernetes words them: `spec.containers[0].imagee`. At most 100. */
  unknown: string[];
  /** Values outside a closed set; the caller adds them to its validation errors (422). */
  unsupported: FieldError[];
}

/** The annotations read here; see schema.ts. */
interface Shape {
  type?: string;
  format?: string;
  enum?: readonly string[];
  properties?: Record<string, TSchema>;
  required?: readonly string[];
  items?: TSchema;
  additionalProperties?: TSchema;
  'x-definition'?: string;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
}

const MAX_UNKNOWN = 100;

/** `v1.PodSpec` and `PodSpec` of `io.k8s.api.core.v1.PodSpec`. */
const goTypeOf = (definition: string) => definition.split('.').slice(-2).join('.');
const goNameOf = (definition: string) => definition.slice(definition.lastIndexOf('.') + 1);

function struct(shape: Shape): Compiled {
  const definition = shape['x-definition'] ?? 'object';
  const name = goNameOf(definition);
  const fields = new Map(Object.entries(shape.properties ?? {}).map(([key, schema]) => [key, compile(schema)]));
  const required = (shape.required ?? []).map((key) => [key, fields.get(key)] as const);
  const fill = (object: JsonObject) => {
    for (const [key, field] of required) {
      if (object[key] !== undefined) continue;
      const zero = field?.zero();
      if (zero !== undefined) object[key] = zero;
    }
    return object;
  };
  const decode: Decoder = (value, walk, holder) => {
    if (!isJsonObject(value)) return mismatch(value, goTypeOf(definition), walk, holder);
    const object: JsonObject = {};
    for (const key of Object.keys(value)) {
      const item = value[key];
      const field = fields.get(key);
      walk.path.push(`.${key}`);
      if (!field) {
        if (walk.unknown.length < MAX_UNKNOWN) walk.unknown.push(pathOf(walk));
      } else if (item !== null && item !== undefined) {
        const decoded = field.decode(item, walk, name);
        if (decoded !== undefined && !(field.collection && isEmpty(decoded))) object[key] = decoded;
      }
      walk.path.pop();
    }
    return fill(object);
  };
  return { decode, zero: () => fill({}) };
}

function array(items: TSchema): Compiled {
  const item = compile(items);
  const { enum: allowed, 'x-definition': goType } = items as Shape;
  const decode: Decoder = (value, walk, holder) => {
    if (!Array.isArray(value)) {
      return mismatch(value, `[]${goType ? goTypeOf(goType) : ((items as Shape).type ?? 'object')}`, walk, holder);
    }
    return value.map((element, index) => {
      walk.path.push(`[${index}]`);
      const present = element !== null && element !== undefined;
      const read = present ? item.decode(element, walk, holder) : undefined;
      const decoded = read ?? absentItem(element ?? '', allowed, item, walk);
      walk.path.pop();
      return decoded;
    });
  };
  return { decode, zero: () => [], collection: true };
}

/** An item cannot be left out as a field can: what is no value there is the zero value, which a closed set does not have. */
function absentItem(element: unknown, allowed: readonly string[] | undefined, item: Compiled, walk: Walk): unknown {
  if (allowed) walk.unsupported.push(notSupported(pathOf(walk), element, allowed));
  return item.zero();
}

function map(values: TSchema): Compiled {
  const entry = compile(values);
  const decode: Decoder = (value, walk, holder) => {
    if (!isJsonObject(value)) return mismatch(value, `map[string]${(values as Shape).type ?? 'object'}`, walk, holder);
    const object: JsonObject = {};
    for (const key of Object.keys(value)) {
      const item = value[key];
      walk.path.push(`.${key}`);
      setOwn(object, key, item === null || item === undefined ? entry.zero() : entry.decode(item, walk, holder));
      walk.path.pop();
    }
    return object;
  };
  return { decode, zero: () => ({}), collection: true };
}

const isEmpty = (collection: unknown): boolean => Object.keys(collection as object).length === 0;

function compileString(shape: Shape): Compiled {
  if (shape.enum) return enumText(shape.enum);
  if (shape.format === 'quantity') return quantityText;
  if (shape.format === 'date-time') return timeText(canonicalTime);
  if (shape.format === 'micro-time') return timeText(canonicalMicroTime);
  return shape.format === 'byte' ? base64Text : plainText;
}

function build(shape: Shape): Compiled {
  if (shape['x-kubernetes-preserve-unknown-fields']) return any;
  if (shape.format === 'int-or-string') return intOrString;
  switch (shape.type) {
    case 'string':
      return compileString(shape);
    case 'integer':
      return shape.format === 'int32' ? integer('int32', isInt32) : integer('int64', isInt64);
    case 'number':
      return number;
    case 'boolean':
      return boolean;
    case 'array':
      if (shape.items) return array(shape.items);
      break;
    case 'object':
      return shape.additionalProperties ? map(shape.additionalProperties) : struct(shape);
  }
  throw new TypeError(
    `schema without a decoder: ${JSON.stringify(shape)?.slice(0, 200)}; use the builders of schema.ts`,
  );
}

/** A memo of a pure function: what it holds is determined by its keys alone. */
const compiled = new WeakMap<TSchema, Compiled>();

function compile(schema: TSchema): Compiled {
  let found = compiled.get(schema);
  if (!found) {
    found = build(schema as Shape);
    compiled.set(schema, found);
  }
  return found;
}

function run(schema: TSchema, value: unknown, prefix: string, goType: string): Decoded<unknown> {
  const walk: Walk = { path: [], unknown: [], unsupported: [] };
  try {
    if (!isJsonObject(value)) mismatch(value, goType, walk, '');
    return { object: compile(schema).decode(value, walk, ''), unknown: walk.unknown, unsupported: walk.unsupported };
  } catch (error) {
    if (error instanceof Error && 'status' in error) throw badRequest(`${prefix}: ${error.message}`, error);
    throw error;
  }
}

/** Fails with 400 when the body names another kind or version than `resource`; a body that names none is fine. */
function checkType(resource: ResourceDefinition<never>, value: unknown): void {
  if (!isJsonObject(value)) return;
  const expected = apiVersionOf(resource);
  const { apiVersion, kind } = value;
  if (typeof apiVersion === 'string' && apiVersion && apiVersion !== expected)
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  if (typeof kind === 'string' && kind && kind !== resource.kind)
    throw badRequest(
      `${kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: the body is a ${kind}, this path takes a ${resource.kind}`,
    );
}

/**
 * Decodes a whole object of a kind; `apiVersion`, `kind` and `metadata` are set on the result.
 * Throws 400 (`ApiError`) in Kubernetes' wording for a value of the wrong type or of another kind.
 */
export function decode<T extends ApiObject>(resource: ResourceDefinition<T>, value: unknown): Decoded<T> {
  checkType(resource, value);
  if (resource.decode) return resource.decode(value) as Decoded<T>;
  const { kind, version } = resource;
  const prefix = `${kind} in version "${version}" cannot be handled as a ${kind}`;
  const decoded = run(resource.schema, value, prefix, `${version}.${kind}`) as Decoded<T>;
  decoded.object.apiVersion = apiVersionOf(resource);
  decoded.object.kind = kind;
  decoded.object.metadata ??= {};
  return decoded;
}

/** Decodes a value of any schema; `what` names it in errors (`DeleteOptions`). Throws 400 as {@link decode} does. */
export function decodeWith<S extends TSchema>(schema: S, value: unknown, what: string): Decoded<Static<S>> {
  return run(schema, value, `${what} cannot be handled`, what) as Decoded<Static<S>>;
}
