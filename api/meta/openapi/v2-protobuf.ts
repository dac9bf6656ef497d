import type { JsonObject } from '../json.ts';

/**
 * An OpenAPI v2 document in the protobuf form of gnostic's `openapi.v2.Document` (gnostic, OpenAPIv2.proto), which is the only one
 * kubectl takes: it checks a `kind: List` against it before sending the parts. Title and definitions are written; whoever wants
 * the paths asks for JSON.
 */
export function openApiV2Protobuf(document: JsonObject): Buffer {
  const { swagger, info, definitions } = document as {
    swagger: string;
    info: { title: string; version: string };
    definitions: Record<string, SchemaJson>;
  };
  return message([
    text(DOCUMENT.swagger, swagger),
    nested(DOCUMENT.info, [text(INFO.title, info.title), text(INFO.version, info.version)]),
    nested(DOCUMENT.definitions, named(definitions)),
  ]);
}

interface SchemaJson {
  $ref?: string;
  format?: string;
  description?: string;
  type?: string;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  items?: SchemaJson;
  properties?: Record<string, SchemaJson>;
  additionalProperties?: SchemaJson;
}

/** Field numbers of the messages. */
const DOCUMENT = { swagger: 1, info: 2, definitions: 9 } as const;
const INFO = { title: 1, version: 2 } as const;
/** NamedSchema and NamedAny alike. */
const NAMED = { name: 1, value: 2 } as const;
const ANY_YAML = 2;
/** Of the messages that hold one list or one choice: Definitions, Properties, TypeItem, ItemsItem, AdditionalPropertiesItem. */
const ONLY = 1;
const SCHEMA = {
  ref: 1,
  format: 2,
  description: 4,
  default: 5,
  required: 19,
  enum: 20,
  additionalProperties: 21,
  type: 22,
  items: 23,
  properties: 25,
  vendorExtension: 31,
} as const;

function schema(json: SchemaJson): Buffer[] {
  const extensions = Object.entries(json).filter(([key]) => key.startsWith('x-'));
  return [
    ...given(json.$ref, (ref) => text(SCHEMA.ref, ref)),
    ...given(json.format, (format) => text(SCHEMA.format, format)),
    ...given(json.description, (description) => text(SCHEMA.description, description)),
    ...given(json.default, (value) => nested(SCHEMA.default, any(value))),
    ...(json.required ?? []).map((name) => text(SCHEMA.required, name)),
    ...(json.enum ?? []).map((value) => nested(SCHEMA.enum, any(value))),
    ...given(json.additionalProperties, (values) =>
      nested(SCHEMA.additionalProperties, [nested(ONLY, schema(values))]),
    ),
    ...given(json.type, (type) => nested(SCHEMA.type, [text(ONLY, type)])),
    ...given(json.items, (items) => nested(SCHEMA.items, [nested(ONLY, schema(items))])),
    ...given(json.properties, (properties) => nested(SCHEMA.properties, named(properties))),
    ...extensions.map(([key, value]) =>
      nested(SCHEMA.vendorExtension, [text(NAMED.name, key), nested(NAMED.value, any(value))]),
    ),
  ];
}

const given = <T>(value: T | undefined, encode: (value: T) => Buffer): Buffer[] =>
  value === undefined ? [] : [encode(value)];

/** A map of schemas: a list of names and values. */
const named = (schemas: Record<string, SchemaJson>): Buffer[] =>
  Object.entries(schemas).map(([name, value]) =>
    nested(ONLY, [text(NAMED.name, name), nested(NAMED.value, schema(value))]),
  );

/** JSON is YAML. */
const any = (value: unknown): Buffer[] => [text(ANY_YAML, JSON.stringify(value))];

const message = (fields: readonly Buffer[]): Buffer => Buffer.concat(fields);
const nested = (field: number, fields: readonly Buffer[]): Buffer => delimited(field, message(fields));
const text = (field: number, value: string): Buffer => delimited(field, Buffer.from(value, 'utf8'));

/** A field of wire type 2: tag, length, payload. */
const delimited = (field: number, payload: Buffer): Buffer =>
  Buffer.concat([varint((field << 3) | 2), varint(payload.length), payload]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
