import type { FieldError } from '../meta/errors.ts';
import { equalJson, isJsonObject, type JsonObject, ownOf } from '../meta/json.ts';
import { duplicate, invalidValue, notSupported, required, tooMany } from '../meta/validation.ts';
import { hasFormat } from './formats.ts';
import type { JsonSchema } from './json-schema.ts';
import { compilePattern } from './patterns.ts';
import type { Structure } from './structure.ts';

/** What is wrong with a value by its schema, in the words of Kubernetes' API server. Pure, and never throws. */

/** Faults that one object is told of; more would help nobody. */
const MAX_FAULTS = 100;

class Walk {
  readonly faults: FieldError[] = [];
  add(fault: FieldError): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push(fault);
  }
}

/** `path` is empty for a whole object. */
export function valueFaults(value: unknown, structure: Structure, path: string): FieldError[] {
  const walk = new Walk();
  visit(value, structure, path, walk);
  return walk.faults;
}

function visit(value: unknown, structure: Structure, path: string, walk: Walk): void {
  const { schema } = structure;
  if (value === null || value === undefined) {
    if (!schema.nullable) walk.add(wrongType(path, 'null', schema.type ?? 'object'));
    return;
  }
  const before = walk.faults.length;
  checkType(value, schema, path, walk);
  // Of a value that is of another kind altogether nothing more can be said.
  if (walk.faults.length > before) return;
  checkValue(value, schema, path, walk);
  if (Array.isArray(value)) visitList(value, structure, path, walk);
  else if (isJsonObject(value)) visitObject(value, structure, path, walk);
}

function visitList(value: readonly unknown[], { schema, items }: Structure, path: string, walk: Walk): void {
  if (items) for (const [index, item] of value.entries()) visit(item, items, `${path}[${index}]`, walk);
  checkDuplicates(value, schema, path, walk);
}

function visitObject(value: JsonObject, structure: Structure, path: string, walk: Walk): void {
  if (structure.embedded) checkEmbedded(value, path, walk);
  for (const key of Object.keys(value)) {
    // What is undefined is absent.
    if (value[key] === undefined) continue;
    const within = structure.properties.get(key) ?? structure.values;
    // The metadata of a whole object is everybody's, and checked for every kind alike.
    if (within && !(path === '' && ['metadata', 'apiVersion', 'kind'].includes(key)))
      visit(value[key], within, child(path, key), walk);
  }
}

const child = (path: string, key: string): string => (path ? `${path}.${key}` : key);
const inBody = (path: string): string => (path ? `${path} in body` : 'in body');
const nameOfType = (value: unknown): string =>
  Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : value === null ? 'null' : typeof value;

const wrongType = (path: string, found: string, wanted: string): FieldError => ({
  ...invalidValue(path, found, `${inBody(path)} must be of type ${wanted}: "${found}"`),
  type: 'FieldValueTypeInvalid',
});

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'object':
      return isJsonObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function checkType(value: unknown, schema: JsonSchema, path: string, walk: Walk): void {
  if (schema['x-kubernetes-int-or-string']) {
    if (!Number.isInteger(value) && typeof value !== 'string')
      walk.add(wrongType(path, nameOfType(value), 'integer,string'));
  } else if (schema.type && !isOfType(value, schema.type)) {
    walk.add(wrongType(path, nameOfType(value), schema.type));
  }
}

/** Every keyword that says something of a value by itself; also used within allOf and its like. */
function checkValue(value: unknown, schema: JsonSchema, path: string, walk: Walk): void {
  if (schema.enum && !schema.enum.some((allowed) => equalJson(allowed, value)))
    walk.add(
      notSupported(
        path,
        value,
        schema.enum.map((allowed) => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed))),
      ),
    );
  if (typeof value === 'number') checkNumber(value, schema, path, walk);
  else if (typeof value === 'string') checkText(value, schema, path, walk);
  else if (Array.isArray(value)) checkLength(value.length, schema, path, walk);
  else if (isJsonObject(value)) checkFields(value, schema, path, walk);
  checkJunctors(value, schema, path, walk);
}

function checkNumber(value: number, schema: JsonSchema, path: string, walk: Walk): void {
  const { minimum, maximum, multipleOf, format } = schema;
  const say = (detail: string) => walk.add(invalidValue(path, value, `${inBody(path)} should be ${detail}`));
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum))
    say(schema.exclusiveMinimum ? `greater than ${minimum}` : `greater than or equal to ${minimum}`);
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum))
    say(schema.exclusiveMaximum ? `less than ${maximum}` : `less than or equal to ${maximum}`);
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) say(`a multiple of ${multipleOf}`);
  if (format === 'int32' && (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31))
    walk.add(invalidValue(path, value, `${inBody(path)} must be of type int32: "${value}"`));
}

const isMultiple = (value: number, factor: number): boolean => {
  const times = value / factor;
  return Math.abs(times - Math.round(times)) <= 1e-9 * Math.max(1, Math.abs(times));
};

function checkText(value: string, schema: JsonSchema, path: string, walk: Walk): void {
  const say = (detail: string) => walk.add(invalidValue(path, value, `${inBody(path)} should ${detail}`));
  const { minLength, maxLength, pattern, format } = schema;
  if (minLength !== undefined && codePoints(value) < minLength) say(`be at least ${minLength} chars long`);
  if (maxLength !== undefined && codePoints(value) > maxLength)
    walk.add({ type: 'FieldValueTooLong', path, message: `Too long: may not be more than ${maxLength} bytes` });
  if (pattern !== undefined && !matches(pattern, value)) say(`match '${pattern}'`);
  if (format && !hasFormat(value, format))
    walk.add(invalidValue(path, value, `${inBody(path)} must be of type ${format}: ${JSON.stringify(value)}`));
}

const codePoints = (text: string): number => {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
};

/** A memo of a pure function: what it holds is determined by its keys alone. Bounded. */
const patterns = new Map<string, RegExp | undefined>();
const MAX_PATTERNS = 2_000;

function matches(pattern: string, text: string): boolean {
  let compiled = patterns.get(pattern);
  if (!compiled && !patterns.has(pattern)) {
    if (patterns.size >= MAX_PATTERNS) patterns.clear();
    compiled = compile(pattern);
    patterns.set(pattern, compiled);
  }
  return compiled ? compiled.test(text) : true;
}

function compile(pattern: string): RegExp | undefined {
  try {
    return compilePattern(pattern);
  } catch {
    return undefined;
  }
}

function checkLength(length: number, { minItems, maxItems }: JsonSchema, path: string, walk: Walk): void {
  if (maxItems !== undefined && length > maxItems) walk.add(tooMany(path, length, maxItems));
  if (minItems !== undefined && length < minItems)
    walk.add(invalidValue(path, length, `${inBody(path)} should have at least ${minItems} items`));
}

function checkFields(value: JsonObject, schema: JsonSchema, path: string, walk: Walk): void {
  const count = Object.keys(value).length;
  const { minProperties, maxProperties } = schema;
  if (maxProperties !== undefined && count > maxProperties) walk.add(tooMany(path, count, maxProperties));
  if (minProperties !== undefined && count < minProperties)
    walk.add(invalidValue(path, count, `${inBody(path)} should have at least ${minProperties} properties`));
  for (const key of schema.required ?? []) if (ownOf(value, key) === undefined) walk.add(required(child(path, key)));
}

/** Whether a value fulfils a schema within a junctor, where only constraints stand. */
function fulfils(value: unknown, schema: JsonSchema): boolean {
  const walk = new Walk();
  constrain(value, schema, '', walk);
  return walk.faults.length === 0;
}

function constrain(value: unknown, schema: JsonSchema, path: string, walk: Walk): void {
  if (schema.type && !isOfType(value, schema.type)) {
    walk.add(wrongType(path, nameOfType(value), schema.type));
    return;
  }
  checkValue(value, schema, path, walk);
  if (isJsonObject(value)) {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const item = ownOf(value, name);
      if (item !== undefined) constrain(item, property, child(path, name), walk);
    }
  } else if (Array.isArray(value) && schema.items) {
    for (const [index, item] of value.entries()) constrain(item, schema.items, `${path}[${index}]`, walk);
  }
}

function checkJunctors(value: unknown, schema: JsonSchema, path: string, walk: Walk): void {
  const say = (detail: string) => walk.add(invalidValue(path, shown(value), `${inBody(path)} must ${detail}`));
  const { allOf, anyOf, oneOf, not } = schema;
  if (allOf) {
    const before = walk.faults.length;
    for (const each of allOf) constrain(value, each, path, walk);
    if (walk.faults.length > before) say('validate all the schemas (allOf)');
  }
  if (anyOf && !anyOf.some((each) => fulfils(value, each))) say('validate at least one schema (anyOf)');
  if (oneOf) {
    const valid = oneOf.filter((each) => fulfils(value, each)).length;
    if (valid !== 1)
      say(
        `validate one and only one schema (oneOf). ${valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`}`,
      );
  }
  if (not && fulfils(value, not)) say('not validate the schema (not)');
}

const shown = (value: unknown): unknown => (typeof value === 'object' ? nameOfType(value) : value);

/** An object within an object has a type and a name of its own. */
function checkEmbedded(value: JsonObject, path: string, walk: Walk): void {
  for (const key of ['apiVersion', 'kind']) {
    const text = ownOf(value, key);
    if (text === undefined) walk.add(required(child(path, key), 'must not be empty'));
    else if (typeof text !== 'string') walk.add(wrongType(child(path, key), nameOfType(text), 'string'));
  }
  const metadata = ownOf(value, 'metadata');
  if (metadata !== undefined && !isJsonObject(metadata))
    walk.add(wrongType(child(path, 'metadata'), nameOfType(metadata), 'object'));
}

/** Lists that are sets or maps hold each item, or each combination of keys, once. */
function checkDuplicates(value: readonly unknown[], schema: JsonSchema, path: string, walk: Walk): void {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const identity = type === 'set' ? item : keysOf(item, keys);
    const text = canonical(identity);
    if (seen.has(text)) walk.add(duplicate(`${path}[${index}]`, identity));
    seen.add(text);
  }
}

function keysOf(item: unknown, keys: readonly string[]): JsonObject {
  const source = isJsonObject(item) ? item : {};
  return Object.fromEntries(keys.map((key) => [key, ownOf(source, key)]));
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, item) =>
    isJsonObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  ) ?? '';
