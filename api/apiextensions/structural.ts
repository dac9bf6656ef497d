import type { FieldError } from '../meta/errors.ts';
import { isJsonObject } from '../meta/json.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../meta/validation.ts';
import type { JsonSchema } from './json-schema.ts';
import { patternFault } from './patterns.ts';

/**
 * The rules of structural schemas (Kubernetes docs, "Specifying a structural schema"): every value has a type, logical junctors only
 * add constraints to what is specified outside of them, and what cannot be honoured is refused.
 */

const TYPES = ['object', 'array', 'string', 'integer', 'number', 'boolean'];
const NEVER = ['$ref', 'definitions', 'dependencies', 'patternProperties', 'additionalItems', 'id', '$schema'] as const;
/** What may not stand within allOf, anyOf, oneOf and not, where values are only constrained. */
const OUTSIDE_JUNCTORS = [
  'description',
  'type',
  'default',
  'title',
  'additionalProperties',
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
] as const;
/** Deepest nesting of a schema. */
const MAX_SCHEMA_DEPTH = 100;

/** Faults of a version's schema; `path` is where it stands. */
export function structuralFaults(schema: JsonSchema, path: string): FieldError[] {
  const faults = schema.type === 'object' ? [] : [rootFault(schema, path)];
  if (schema['x-kubernetes-embedded-resource'])
    faults.push(forbiddenField(`${path}.x-kubernetes-embedded-resource`, 'must not be set at the root'));
  if (schema.nullable) faults.push(forbiddenField(`${path}.nullable`, 'nullable cannot be true at the root'));
  const metadata = schema.properties?.metadata;
  return [...faults, ...metadataFaults(metadata, `${path}.properties[metadata]`), ...valueFaults(schema, path, 0)];
}

const rootFault = ({ type }: JsonSchema, path: string): FieldError =>
  type
    ? invalidValue(`${path}.type`, type, 'must be object at the root')
    : required(`${path}.type`, 'must not be empty at the root');

/** Of the metadata only name and generateName may be constrained. */
function metadataFaults(schema: JsonSchema | undefined, path: string): FieldError[] {
  const other = Object.keys(schema?.properties ?? {}).filter((name) => name !== 'name' && name !== 'generateName');
  return other.map((name) =>
    forbiddenField(
      `${path}.properties[${name}]`,
      'must not be specified in a nested field: only name and generateName may be restricted',
    ),
  );
}

/** Faults of a schema that says what a value is, and of all within it. */
function valueFaults(schema: JsonSchema, path: string, depth: number): FieldError[] {
  if (depth > MAX_SCHEMA_DEPTH)
    return [forbiddenField(path, `must not be nested deeper than ${MAX_SCHEMA_DEPTH} levels`)];
  const faults = [...typeFaults(schema, path), ...keywordFaults(schema, path), ...listFaults(schema, path)];
  if (schema.pattern !== undefined) faults.push(...patternFaults(schema.pattern, `${path}.pattern`));
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    faults.push(...valueFaults(property, `${path}.properties[${name}]`, depth + 1));
  if (isJsonObject(schema.additionalProperties))
    faults.push(...valueFaults(schema.additionalProperties as JsonSchema, `${path}.additionalProperties`, depth + 1));
  if (schema.items) faults.push(...valueFaults(schema.items, `${path}.items`, depth + 1));
  for (const [at, junctor] of junctorsOf(schema))
    faults.push(...junctorFaults(junctor, schema, `${path}.${at}`, depth + 1));
  return faults;
}

function typeFaults(schema: JsonSchema, path: string): FieldError[] {
  const { type } = schema;
  const free = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  if (!type) return free ? [] : [required(`${path}.type`, 'must not be empty for specified object fields')];
  if (!TYPES.includes(type)) return [notSupported(`${path}.type`, type, TYPES)];
  if (schema['x-kubernetes-int-or-string'])
    return [forbiddenField(`${path}.type`, 'must be empty if x-kubernetes-int-or-string is true')];
  return [];
}

function keywordFaults(schema: JsonSchema, path: string): FieldError[] {
  const faults: FieldError[] = NEVER.filter((keyword) => schema[keyword] !== undefined).map((keyword) =>
    forbiddenField(`${path}.${keyword}`, `${keyword} is not supported`),
  );
  if (schema.uniqueItems)
    faults.push(
      forbiddenField(
        `${path}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  if (schema.additionalProperties === false)
    faults.push(forbiddenField(`${path}.additionalProperties`, 'additionalProperties cannot be set to false'));
  if (schema.properties && schema.additionalProperties)
    faults.push(
      forbiddenField(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'),
    );
  if ((schema.properties || schema.additionalProperties) && schema.type && schema.type !== 'object')
    faults.push(forbiddenField(`${path}.properties`, 'must only be used with type object'));
  if (schema.type === 'array' && !schema.items && !schema['x-kubernetes-preserve-unknown-fields'])
    faults.push(required(`${path}.items`, 'must be specified for an array'));
  if (schema['x-kubernetes-embedded-resource']) faults.push(...embeddedFaults(schema, path));
  for (const keyword of ['maxLength', 'minLength', 'maxItems', 'minItems', 'maxProperties', 'minProperties'] as const) {
    const value = schema[keyword];
    if (value !== undefined && value < 0)
      faults.push(invalidValue(`${path}.${keyword}`, value, 'must be greater than or equal to 0'));
  }
  if (schema.multipleOf !== undefined && schema.multipleOf <= 0)
    faults.push(invalidValue(`${path}.multipleOf`, schema.multipleOf, 'must be greater than 0'));
  return faults;
}

function embeddedFaults(schema: JsonSchema, path: string): FieldError[] {
  if (schema.type !== 'object')
    return [
      invalidValue(`${path}.type`, schema.type ?? '', 'must be object if x-kubernetes-embedded-resource is true'),
    ];
  if (schema.properties || schema['x-kubernetes-preserve-unknown-fields']) return [];
  return [
    required(
      `${path}.properties`,
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    ),
  ];
}

function listFaults(schema: JsonSchema, path: string): FieldError[] {
  const faults: FieldError[] = [];
  const listType = schema['x-kubernetes-list-type'];
  const mapType = schema['x-kubernetes-map-type'];
  const keys = schema['x-kubernetes-list-map-keys'];
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    faults.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']));
  if (listType !== undefined && schema.type !== 'array')
    faults.push(
      invalidValue(`${path}.type`, schema.type ?? '', 'must be array if x-kubernetes-list-type is specified'),
    );
  if (mapType !== undefined && !['atomic', 'granular'].includes(mapType))
    faults.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
  if (mapType !== undefined && schema.type !== 'object')
    faults.push(
      invalidValue(`${path}.type`, schema.type ?? '', 'must be object if x-kubernetes-map-type is specified'),
    );
  if (listType !== 'map') {
    if (keys)
      faults.push(
        forbiddenField(`${path}.x-kubernetes-list-map-keys`, 'must only be used with x-kubernetes-list-type map'),
      );
    return listType === 'set' ? [...faults, ...setItemFaults(schema, `${path}.items`)] : faults;
  }
  return [...faults, ...mapKeyFaults(schema, keys ?? [], path)];
}

/** What is in a set is told apart as a whole. */
function setItemFaults({ items }: JsonSchema, path: string): FieldError[] {
  const keyword = { object: 'x-kubernetes-map-type', array: 'x-kubernetes-list-type' } as const;
  const wanted = items?.type === 'object' || items?.type === 'array' ? keyword[items.type] : undefined;
  if (!items || !wanted || items[wanted] === 'atomic') return [];
  // Lists are atomic where nothing is said of them.
  if (items.type === 'array' && items[wanted] === undefined) return [];
  return [
    invalidValue(
      `${path}.${wanted}`,
      items[wanted] ?? null,
      'must be atomic as item of a list with x-kubernetes-list-type=set',
    ),
  ];
}

function mapKeyFaults({ items }: JsonSchema, keys: readonly string[], path: string): FieldError[] {
  const at = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) return [required(at, 'must not be empty if x-kubernetes-list-type is map')];
  if (items?.type !== 'object')
    return [
      invalidValue(
        `${path}.items.type`,
        items?.type ?? '',
        'must be object if parent array x-kubernetes-list-type is map',
      ),
    ];
  return keys.flatMap((key, index) => {
    const property = items.properties?.[key];
    if (!property) return [invalidValue(`${at}[${index}]`, key, 'entries must all be names of item properties')];
    if (!items.required?.includes(key) && property.default === undefined)
      return [
        required(
          `${path}.items.properties[${key}].default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      ];
    const scalar = ['string', 'integer', 'number', 'boolean'].includes(property.type ?? '');
    return scalar
      ? []
      : [
          invalidValue(
            `${path}.items.properties[${key}].type`,
            property.type ?? '',
            'must be a scalar type if parent array x-kubernetes-list-type is map',
          ),
        ];
  });
}

const junctorsOf = ({ allOf = [], anyOf = [], oneOf = [], not }: JsonSchema): [string, JsonSchema][] => [
  ...allOf.map((schema, index): [string, JsonSchema] => [`allOf[${index}]`, schema]),
  ...anyOf.map((schema, index): [string, JsonSchema] => [`anyOf[${index}]`, schema]),
  ...oneOf.map((schema, index): [string, JsonSchema] => [`oneOf[${index}]`, schema]),
  ...(not ? [['not', not] as [string, JsonSchema]] : []),
];

/** Within a junctor nothing may be specified, and every field must be specified outside of it. */
function junctorFaults(junctor: JsonSchema, outer: JsonSchema | undefined, path: string, depth: number): FieldError[] {
  if (depth > MAX_SCHEMA_DEPTH)
    return [forbiddenField(path, `must not be nested deeper than ${MAX_SCHEMA_DEPTH} levels`)];
  const intOrString = outer?.['x-kubernetes-int-or-string'] && ['integer', 'string'].includes(junctor.type ?? '');
  const faults = OUTSIDE_JUNCTORS.filter(
    (keyword) => junctor[keyword] !== undefined && !(keyword === 'type' && intOrString),
  ).map((keyword) => forbiddenField(`${path}.${keyword}`, 'must be empty to be structural'));
  if (junctor.pattern !== undefined) faults.push(...patternFaults(junctor.pattern, `${path}.pattern`));
  for (const [name, property] of Object.entries(junctor.properties ?? {})) {
    const specified = outer?.properties?.[name];
    const open = outer?.additionalProperties || outer?.['x-kubernetes-preserve-unknown-fields'];
    const at = `${path}.properties[${name}]`;
    if (!specified && !open)
      faults.push(required(at, 'because it is defined in a junctor, it must be specified outside of it as well'));
    faults.push(...junctorFaults(property, specified, at, depth + 1));
  }
  if (junctor.items) faults.push(...junctorFaults(junctor.items, outer?.items, `${path}.items`, depth + 1));
  for (const [at, inner] of junctorsOf(junctor))
    faults.push(...junctorFaults(inner, outer, `${path}.${at}`, depth + 1));
  return faults;
}

function patternFaults(pattern: string, path: string): FieldError[] {
  const fault = patternFault(pattern);
  return fault ? [invalidValue(path, pattern, `must be a valid regular expression, but ${fault}`)] : [];
}
