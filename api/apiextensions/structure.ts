import { copyJson, isJsonObject, type JsonObject, ownOf, setOwn } from '../meta/json.ts';
import type { JsonSchema } from './json-schema.ts';

/** Pruning and defaulting by a structural schema (Kubernetes docs, "Field pruning", "Defaulting", "Defaulting and nullable"). */

/** A schema read once, so that walks over values need not ask it again. */
export interface Structure {
  readonly schema: JsonSchema;
  readonly properties: ReadonlyMap<string, Structure>;
  /** Of the values of a map. */
  readonly values: Structure | undefined;
  readonly items: Structure | undefined;
  /** Unknown fields stay. */
  readonly open: boolean;
  readonly embedded: boolean;
  /** Whether this or anything within it has a default. */
  readonly hasDefaults: boolean;
}

export function structureOf(schema: JsonSchema): Structure {
  const properties = new Map(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, structureOf(each)]));
  const { additionalProperties } = schema;
  const values = isJsonObject(additionalProperties) ? structureOf(additionalProperties as JsonSchema) : undefined;
  const items = schema.items && structureOf(schema.items);
  const parts = [...properties.values(), values, items].filter((part) => part !== undefined);
  return {
    schema,
    properties,
    values,
    items,
    open: schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true,
    embedded: schema['x-kubernetes-embedded-resource'] === true,
    hasDefaults: parts.some((part) => part.hasDefaults || part.schema.default !== undefined),
  };
}

/** Fields of an embedded object that need not be specified. */
const EMBEDDED_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);
const MAX_UNKNOWN = 100;

/** A copy without unknown fields, whose paths are added to `unknown`, and without nulls where null is not allowed. */
export function pruned(value: unknown, structure: Structure, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = structure;
    return items
      ? value.map((item, index) => pruned(item, items, `${path}[${index}]`, unknown))
      : copyJson(value, path);
  }
  if (!isJsonObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item === undefined) continue;
    const within = structure.properties.get(key) ?? structure.values;
    const at = path ? `${path}.${key}` : key;
    if (within) {
      if (item !== null || within.schema.nullable) setOwn(copy, key, pruned(item, within, at, unknown));
    } else if (structure.open || (structure.embedded && EMBEDDED_FIELDS.has(key))) {
      setOwn(copy, key, copyJson(item, at));
    } else if (unknown.length < MAX_UNKNOWN) {
      unknown.push(at);
    }
  }
  return copy;
}

/** Fills in absent fields that have a default, and nulls where null is not allowed. Changes `value`. */
export function setDefaultsIn(value: unknown, structure: Structure): void {
  if (!structure.hasDefaults) return;
  if (Array.isArray(value)) {
    if (structure.items) for (const item of value) setDefaultsIn(item, structure.items);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [name, within] of structure.properties) {
    const present = ownOf(value, name);
    const missing = present === undefined || (present === null && !within.schema.nullable);
    if (missing && within.schema.default !== undefined) setOwn(value, name, copyJson(within.schema.default, name));
    setDefaultsIn(ownOf(value, name), within);
  }
  if (structure.values) {
    for (const key of Object.keys(value))
      if (!structure.properties.has(key)) setDefaultsIn(value[key], structure.values);
  }
}
