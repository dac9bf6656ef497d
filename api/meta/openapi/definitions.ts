import type { JsonObject } from '../json.ts';
import type { TSchema } from '../schema.ts';

/** Turns the schemas of kinds into the named definitions of an OpenAPI document. */

/** Where the two versions of OpenAPI differ. */
export interface Dialect {
  /** A reference to a named definition, as it stands in `items` and `additionalProperties`. */
  ref(name: string): JsonObject;
  /** A field of a named type, with its own annotations beside the reference. */
  refField(name: string, annotations: JsonObject): JsonObject;
  /** Quantity and IntOrString: a string or a number. */
  quantity: JsonObject;
  intOrString: JsonObject;
  /** Keywords of the schemas of custom resources that are published beyond those of other kinds. */
  structuralKeywords: readonly string[];
}

/** Those that both versions of OpenAPI know. */
export const STRUCTURAL_KEYWORDS: readonly string[] = [
  'title',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-validations',
];

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface Shape {
  type?: string;
  format?: string;
  description?: string;
  properties?: Record<string, TSchema>;
  required?: readonly string[];
  items?: TSchema;
  additionalProperties?: TSchema;
  'x-definition'?: string;
  'x-definition-description'?: string;
  [key: string]: unknown;
}

/** Scalars that Kubernetes publishes as named types, by our `format`. */
const NAMED_SCALARS: Readonly<Record<string, { name: string; body(dialect: Dialect): JsonObject }>> = {
  'date-time': {
    name: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
    body: () => ({ type: 'string', format: 'date-time', description: 'RFC 3339 time in whole seconds.' }),
  },
  'micro-time': {
    name: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
    body: () => ({ type: 'string', format: 'date-time', description: 'RFC 3339 time with microseconds.' }),
  },
  quantity: {
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    body: (dialect) => ({
      ...dialect.quantity,
      description: 'An amount: a decimal number with an optional suffix (n u m k M G T P E, Ki Mi Gi Ti Pi Ei, e3).',
    }),
  },
  'int-or-string': {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    body: (dialect) => ({ ...dialect.intOrString, description: 'An integer, or text such as 25%.' }),
  },
};
/** Kept from a schema as they are. */
const PUBLISHED = [
  'type',
  'format',
  'enum',
  'default',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-merge-key',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-preserve-unknown-fields',
];

/** Collects definitions by name; the first schema of a name wins. Owns nothing but the growing table. */
export class Definitions {
  readonly byName = new Map<string, JsonObject>();
  private readonly dialect: Dialect;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  /** Adds a struct and all it refers to; `kinds` are the kinds it is the body of. */
  add(schema: TSchema, kinds: readonly GroupVersionKind[] = []): string {
    const name = this.struct(schema as Shape);
    if (kinds.length) {
      const definition = this.byName.get(name);
      if (definition)
        definition['x-kubernetes-group-version-kind'] = kinds.map(({ group, kind, version }) => ({
          group,
          kind,
          version,
        }));
    }
    return name;
  }

  /** The table as JSON, in order of names. */
  toJson(): JsonObject {
    return Object.fromEntries([...this.byName].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private struct(shape: Shape): string {
    const name = shape['x-definition'];
    if (!name)
      throw new TypeError(`struct without a name: ${JSON.stringify(shape).slice(0, 200)}; use struct() of schema.ts`);
    if (this.byName.has(name)) return name;
    const definition: JsonObject = {
      type: 'object',
      description: shape['x-definition-description'] ?? shape.description,
    };
    this.byName.set(name, definition);
    const entries = Object.entries(shape.properties ?? {});
    definition.properties = Object.fromEntries(entries.map(([field, schema]) => [field, this.field(schema as Shape)]));
    if (shape.required?.length) definition.required = [...shape.required];
    return name;
  }

  private scalar(format: string): string | undefined {
    const known = Object.hasOwn(NAMED_SCALARS, format) ? NAMED_SCALARS[format] : undefined;
    if (known && !this.byName.has(known.name)) this.byName.set(known.name, known.body(this.dialect));
    return known?.name;
  }

  /** Name of the definition a schema refers to, when it is one. */
  private reference(shape: Shape): string | undefined {
    if (shape['x-structural']) return undefined;
    if (shape.properties) return this.struct(shape);
    return shape.format ? this.scalar(shape.format) : undefined;
  }

  private field(shape: Shape): JsonObject {
    const annotations = this.published(shape);
    const name = this.reference(shape);
    if (!name) return annotations;
    const { type: _type, format: _format, ...rest } = annotations;
    // `kubectl explain` prints the field's description and the definition's: where they are the same, the field keeps it.
    const definition = this.byName.get(name);
    if (definition && definition.description === shape.description) delete definition.description;
    return this.dialect.refField(name, rest);
  }

  private published(shape: Shape): JsonObject {
    const result: JsonObject = { description: shape.description };
    for (const key of PUBLISHED) if (shape[key] !== undefined) result[key] = shape[key];
    if (shape['x-kubernetes-preserve-unknown-fields']) result.type = 'object';
    if (shape['x-structural']) this.addStructural(shape, result);
    if (shape.items) result.items = this.element(shape.items as Shape);
    if (shape.additionalProperties) result.additionalProperties = this.element(shape.additionalProperties as Shape);
    return result;
  }

  /** The part of a custom resource stands where it is used, and has keywords that no other schema has. */
  private addStructural(shape: Shape, result: JsonObject): void {
    for (const key of this.dialect.structuralKeywords) if (shape[key] !== undefined) result[key] = shape[key];
    if (shape.required?.length) result.required = [...shape.required];
    if (!shape.properties) return;
    const fields = Object.entries(shape.properties).map(([name, field]) => [name, this.field(field as Shape)]);
    result.properties = Object.fromEntries(fields);
  }

  /** Type of a list's items or a map's values. */
  private element(shape: Shape): JsonObject {
    const name = this.reference(shape);
    if (name) return this.dialect.ref(name);
    const { description: _, ...rest } = this.published(shape);
    return rest;
  }
}
