import { expect, test } from 'vitest';
import { BYTES, WireReader } from '../../protobuf/wire-reader.ts';
import { crates, docks } from '../sample.suite.ts';
import { openApiV2 } from './v2.ts';
import { openApiV2Protobuf } from './v2-protobuf.ts';

/** The payloads of a message by field number, in order. */
function fields(bytes: Uint8Array): Map<number, Uint8Array[]> {
  const found = new Map<number, Uint8Array[]>();
  for (const reader = new WireReader(bytes); reader.next(); ) {
    expect(reader.wire).toBe(BYTES);
    found.set(reader.field, [...(found.get(reader.field) ?? []), reader.payload()]);
  }
  return found;
}

const first = (bytes: Uint8Array, ...path: number[]): Uint8Array =>
  path.reduce((at, field) => fields(at).get(field)![0]!, bytes);
const textAt = (bytes: Uint8Array, ...path: number[]) => Buffer.from(first(bytes, ...path)).toString('utf8');
const namedAt = (bytes: Uint8Array) =>
  new Map((fields(bytes).get(1) ?? []).map((entry) => [textAt(entry, 1), first(entry, 2)]));

const json = openApiV2([crates, docks], 'v1.33.0') as { definitions: Record<string, { [key: string]: unknown }> };
const bytes = openApiV2Protobuf(json);

test('title and version', () => {
  expect(textAt(bytes, 1)).toBe('2.0');
  expect([textAt(bytes, 2, 1), textAt(bytes, 2, 2)]).toEqual(['Stowage', 'v1.33.0']);
});

test('every definition with its type, properties, required fields and extensions', () => {
  const definitions = namedAt(first(bytes, 9));
  expect([...definitions.keys()]).toEqual(Object.keys(json.definitions));
  for (const [name, definition] of definitions) {
    const expected = json.definitions[name]!;
    expect(textAt(definition, 22, 1)).toBe(expected.type);
    const properties = fields(definition).get(25);
    expect(properties ? [...namedAt(properties[0]!).keys()] : []).toEqual(Object.keys(expected.properties ?? {}));
    const required = (fields(definition).get(19) ?? []).map((field) => Buffer.from(field).toString());
    expect(required).toEqual(expected.required ?? []);
    for (const extension of fields(definition).get(31) ?? []) {
      expect(JSON.parse(textAt(extension, 2, 2))).toEqual(expected[textAt(extension, 1)]);
    }
  }
  const kinds = fields(definitions.get('io.k8s.api.core.v1.Crate')!).get(31) ?? [];
  expect(kinds.map((extension) => textAt(extension, 1))).toContain('x-kubernetes-group-version-kind');
});

test('references, items and values of maps', () => {
  const meta = namedAt(first(bytes, 9)).get('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')!;
  const properties = namedAt(first(meta, 25));
  expect(textAt(properties.get('labels')!, 21, 1, 22, 1)).toBe('string');
  expect(textAt(properties.get('finalizers')!, 23, 1, 22, 1)).toBe('string');
  expect(textAt(properties.get('creationTimestamp')!, 1)).toBe(
    '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time',
  );
});
