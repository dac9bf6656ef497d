import { badRequest } from '../meta/errors.ts';
import { isJsonObject, type JsonObject, MAX_DEPTH, setOwn, tooDeep } from '../meta/json.ts';

/** The dialect of JSON Schema in which custom resources are described (Kubernetes API reference, "JSONSchemaProps"). */
export interface JsonSchema {
  id?: string;
  $schema?: string;
  $ref?: string;
  description?: string;
  title?: string;
  type?: string;
  format?: string;
  default?: unknown;
  example?: unknown;
  nullable?: boolean;
  enum?: unknown[];
  maximum?: number;
  minimum?: number;
  exclusiveMaximum?: boolean;
  exclusiveMinimum?: boolean;
  multipleOf?: number;
  maxLength?: number;
  minLength?: number;
  pattern?: string;
  maxItems?: number;
  minItems?: number;
  uniqueItems?: boolean;
  maxProperties?: number;
  minProperties?: number;
  required?: string[];
  items?: JsonSchema;
  allOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  not?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  additionalItems?: JsonSchema | boolean;
  patternProperties?: Record<string, JsonSchema>;
  definitions?: Record<string, JsonSchema>;
  dependencies?: JsonObject;
  externalDocs?: { description?: string; url?: string };
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: string;
  'x-kubernetes-validations'?: ValidationRule[];
}

/** One rule in the Common Expression Language (Kubernetes docs, "Validation rules"). */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

type Reader = (value: unknown, walk: SchemaWalk, path: string) => unknown;

interface SchemaWalk {
  readonly unknown: string[];
  depth: number;
}

const MAX_UNKNOWN = 100;

function expect(path: string, wanted: string): never {
  throw badRequest(`json: cannot unmarshal: field ${path} must be ${wanted}`);
}

const scalar =
  (type: 'string' | 'number' | 'boolean'): Reader =>
  (value, _walk, path) =>
    typeof value === type ? value : expect(path, `of type ${type}`);
const integer: Reader = (value, _walk, path) => (Number.isInteger(value) ? value : expect(path, 'an integer'));
const anything: Reader = (value) => value;
const texts: Reader = (value, _walk, path) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : expect(path, 'a list of strings');
const values: Reader = (value, _walk, path) => (Array.isArray(value) ? value : expect(path, 'a list'));
const schemas: Reader = (value, walk, path) =>
  Array.isArray(value)
    ? value.map((item, index) => readSchema(item, walk, `${path}[${index}]`))
    : expect(path, 'a list of schemas');
const schemaOrBoolean: Reader = (value, walk, path) =>
  typeof value === 'boolean' ? value : readSchema(value, walk, path);

const schemaMap: Reader = (value, walk, path) => {
  if (!isJsonObject(value)) return expect(path, 'a map of schemas');
  const map: JsonObject = {};
  for (const key of Object.keys(value)) setOwn(map, key, readSchema(value[key], walk, `${path}.${key}`));
  return map;
};

const RULE: Readonly<Record<string, Reader>> = {
  rule: scalar('string'),
  message: scalar('string'),
  messageExpression: scalar('string'),
  reason: scalar('string'),
  fieldPath: scalar('string'),
  optionalOldSelf: scalar('boolean'),
};
const rules: Reader = (value, walk, path) =>
  Array.isArray(value)
    ? value.map((item, index) => readFields(RULE, item, walk, `${path}[${index}]`))
    : expect(path, 'a list of rules');

const KEYWORDS: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(
    ['id', '$schema', '$ref', 'description', 'title', 'type', 'format', 'pattern'].map((key) => [
      key,
      scalar('string'),
    ]),
  ),
  ...Object.fromEntries(['maximum', 'minimum', 'multipleOf'].map((key) => [key, scalar('number')])),
  ...Object.fromEntries(
    ['nullable', 'exclusiveMaximum', 'exclusiveMinimum', 'uniqueItems'].map((key) => [key, scalar('boolean')]),
  ),
  ...Object.fromEntries(
    ['maxLength', 'minLength', 'maxItems', 'minItems', 'maxProperties', 'minProperties'].map((key) => [key, integer]),
  ),
  default: anything,
  example: anything,
  enum: values,
  required: texts,
  items: (value, walk, path) => readSchema(value, walk, path),
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  not: (value, walk, path) => readSchema(value, walk, path),
  properties: schemaMap,
  additionalProperties: schemaOrBoolean,
  additionalItems: schemaOrBoolean,
  patternProperties: schemaMap,
  definitions: schemaMap,
  dependencies: anything,
  externalDocs: anything,
  'x-kubernetes-preserve-unknown-fields': scalar('boolean'),
  'x-kubernetes-embedded-resource': scalar('boolean'),
  'x-kubernetes-int-or-string': scalar('boolean'),
  'x-kubernetes-list-type': scalar('string'),
  'x-kubernetes-list-map-keys': texts,
  'x-kubernetes-map-type': scalar('string'),
  'x-kubernetes-validations': rules,
};

function readFields(
  readers: Readonly<Record<string, Reader>>,
  value: unknown,
  walk: SchemaWalk,
  path: string,
): JsonObject {
  if (!isJsonObject(value)) return expect(path, 'an object');
  const read: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (!reader) {
      if (walk.unknown.length < MAX_UNKNOWN) walk.unknown.push(`${path}.${key}`);
      // A default of null means something; elsewhere null is absent.
    } else if (item !== undefined && (item !== null || key === 'default')) {
      read[key] = reader(item, walk, `${path}.${key}`);
    }
  }
  return read;
}

function readSchema(value: unknown, walk: SchemaWalk, path: string): JsonSchema {
  if (walk.depth >= MAX_DEPTH) throw tooDeep(path);
  walk.depth += 1;
  const schema = readFields(KEYWORDS, value, walk, path);
  walk.depth -= 1;
  return schema as JsonSchema;
}

/** A schema from outside without its unknown keywords, whose paths are added to `unknown`. Throws 400 for values of a wrong type. */
export const readJsonSchema = (value: unknown, path: string, unknown: string[]): JsonSchema =>
  readSchema(value, { unknown, depth: 0 }, path);
