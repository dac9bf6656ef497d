import fc from 'fast-check';
import type { TSchema } from './meta/schema.ts';

/** Values a schema allows, for properties that must hold whatever a client sends. */

interface Shape {
  type?: string;
  format?: string;
  enum?: readonly string[];
  properties?: Record<string, Shape>;
  required?: readonly string[];
  items?: Shape;
  additionalProperties?: Shape;
}

/** Likely words and nasty ones: names that objects inherit, empty text, text that is no name. */
const word = fc.constantFrom('', 'a', 'web', 'cpu', 'memory', 'constructor', '__proto__', '../x', '1%', 'A b', 'é/…');

const FORMATS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  byte: fc.constantFrom('', 'eA==', 'e30='),
  'date-time': fc.constantFrom('2026-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
  'micro-time': fc.constantFrom('2026-01-01T00:00:00.000001Z'),
  quantity: fc.constantFrom('0', '1', '500m', '-1', '1Gi', '1e3'),
  'int-or-string': fc.oneof(fc.integer({ min: -1, max: 101 }), fc.constantFrom('', '25%', '0%', '101%', 'x')),
  int32: fc.constantFrom(-(2 ** 31), -1, 0, 1, 2, 100, 2 ** 31 - 1),
  int64: fc.constantFrom(-(2 ** 53), -1, 0, 1, 2, 30, 2 ** 53),
};

function objectOf(shape: Shape, depth: number): fc.Arbitrary<unknown> {
  if (shape.additionalProperties)
    return fc.dictionary(word, valueFor(shape.additionalProperties, depth - 1), { maxKeys: 3 });
  if (depth <= 0) return fc.constant({});
  // A few fields at a time: a value with all of them would be as large as the schema.
  const names = Object.keys(shape.properties ?? {});
  return fc.subarray(names, { maxLength: Math.min(names.length, 8) }).chain((chosen) => {
    const fields = [...new Set([...chosen, ...(shape.required ?? [])])];
    return fc.record(
      Object.fromEntries(fields.map((name) => [name, valueFor(shape.properties?.[name] ?? {}, depth - 1)])),
    );
  });
}

function valueFor(shape: Shape, depth: number): fc.Arbitrary<unknown> {
  if (shape.enum) return fc.constantFrom(...shape.enum, '');
  const format = shape.format && FORMATS[shape.format];
  if (format) return format;
  switch (shape.type) {
    case 'string':
      return word;
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valueFor(shape.items ?? {}, depth - 1), { maxLength: 3 });
    case 'object':
      return objectOf(shape, depth);
    default:
      return fc.constant({});
  }
}

/** Objects of the schema, with at most `depth` levels of structs. */
export const arbitraryOf = (schema: TSchema, depth = 9): fc.Arbitrary<object> =>
  valueFor(schema as Shape, depth) as fc.Arbitrary<object>;
