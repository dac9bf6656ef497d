import Type, { type Static, type TSchema } from 'typebox';

/**
 * Builders for the schemas of Kubernetes kinds. One schema per kind is the only source: the TypeScript type, the decoder
 * (decode.ts), OpenAPI v2 and v3 (openapi/), strategic-merge keys (patch/strategic.ts) and `kubectl explain` all read it.
 *
 * Annotations used beyond JSON Schema:
 * - `x-definition`: the name under which the object stands in OpenAPI (`io.k8s.api.core.v1.Container`).
 * - `x-kubernetes-*`: as the Kubernetes API server publishes them.
 * - `format`: `int32`, `int64`, `double`, `byte`, `date-time`, `micro-time`, `quantity`, `int-or-string`.
 */

export type { Static, TSchema };

/** A named struct. `name` is the full OpenAPI definition name. */
export function struct<P extends Record<string, TSchema>>(name: string, description: string, properties: P) {
  return Type.Object(properties, { 'x-definition': name, description });
}

export const optional: typeof Type.Optional = Type.Optional;

export const string = (description: string) => Type.String({ description });
export const boolean = (description: string) => Type.Boolean({ description });
export const int32 = (description: string) => Type.Integer({ description, format: 'int32' });
export const int64 = (description: string) => Type.Integer({ description, format: 'int64' });
export const double = (description: string) => Type.Number({ description, format: 'double' });

/** Base64 text on the wire and in memory. */
export const bytes = (description: string) => Type.String({ description, format: 'byte' });

/** One of a closed set; another value is refused with `Unsupported value` (422), not as a decoding error. */
export const oneOf = <const V extends readonly string[]>(description: string, values: V) =>
  Type.Unsafe<V[number]>({ type: 'string', description, enum: [...values] });

/** RFC 3339 with whole seconds (`metav1.Time`). */
export const time = (description: string) => Type.String({ description, format: 'date-time' });

/** RFC 3339 with microseconds (`metav1.MicroTime`). */
export const microTime = (description: string) => Type.String({ description, format: 'micro-time' });

/** A resource quantity. Accepts a number too; the decoder leaves the canonical string. */
export const quantity = (description: string) =>
  Type.Unsafe<string>({ type: 'string', description, format: 'quantity' });

/** An integer or a string such as `25%`. */
export const intOrString = (description: string) =>
  Type.Unsafe<number | string>({ description, format: 'int-or-string', 'x-kubernetes-int-or-string': true });

export const stringMap = (description: string) =>
  Type.Unsafe<Record<string, string>>({
    type: 'object',
    description,
    additionalProperties: { type: 'string', default: '' },
  });

export const bytesMap = (description: string) =>
  Type.Unsafe<Record<string, string>>({
    type: 'object',
    description,
    additionalProperties: { type: 'string', format: 'byte' },
  });

/** Resource name to canonical quantity (`core/v1 ResourceList`). */
export const quantityMap = (description: string) =>
  Type.Unsafe<Record<string, string>>({
    type: 'object',
    description,
    additionalProperties: { type: 'string', format: 'quantity' },
  });

/** Any JSON, kept as it is (`FieldsV1`, `RawExtension`). */
export const anyJson = (description: string) =>
  Type.Unsafe<unknown>({ description, 'x-kubernetes-preserve-unknown-fields': true });

export interface ListOptions {
  /** Server-side-apply list type. Default `atomic`. */
  type?: 'atomic' | 'map' | 'set';
  /** Keys of a `map` list. */
  keys?: string[];
  /** Strategic merge patch: merge by this key. */
  mergeKey?: string;
  /** Strategic merge patch strategy. Default `replace`; `merge` where `mergeKey` is given. */
  patchStrategy?: 'merge' | 'replace' | 'merge,retainKeys';
}

export function list<T extends TSchema>(items: T, description: string, options: ListOptions = {}) {
  const strategy = options.patchStrategy ?? (options.mergeKey ? 'merge' : undefined);
  return Type.Array(items, {
    description,
    'x-kubernetes-list-type': options.type ?? 'atomic',
    ...(options.keys && { 'x-kubernetes-list-map-keys': options.keys }),
    ...(options.mergeKey && { 'x-kubernetes-patch-merge-key': options.mergeKey }),
    ...(strategy && { 'x-kubernetes-patch-strategy': strategy }),
  });
}

/** The same schema with another description (a shared struct used as a field). */
export function described<T extends TSchema>(schema: T, description: string): T {
  return { ...schema, description, 'x-definition-description': (schema as { description?: string }).description };
}

/** A field whose object is patched as a whole, or with retained keys (`x-kubernetes-patch-strategy` on a struct field). */
export function patchStrategy<T extends TSchema>(schema: T, strategy: 'replace' | 'retainKeys'): T {
  return { ...schema, 'x-kubernetes-patch-strategy': strategy };
}

/** A struct or map that server-side apply owns as a whole (`x-kubernetes-map-type: atomic`). */
export function atomicMap<T extends TSchema>(schema: T): T {
  return { ...schema, 'x-kubernetes-map-type': 'atomic' };
}

/** A field that is taken to have this value where an item of a `map` list lacks it: one of the list's keys, filled in by defaults. */
export function keyDefault<T extends TSchema>(schema: T, value: string): T {
  return { ...schema, default: value };
}
