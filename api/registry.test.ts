import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryOf } from './arbitrary.suite.ts';
import { decode } from './meta/decode.ts';
import { apiVersionOf, type ResourceDefinition, type StoredForm } from './meta/definition.ts';
import { isJsonObject, type JsonObject, setOwn } from './meta/json.ts';
import { metaOf } from './meta/object.ts';
import { validateMetadata } from './meta/validation.ts';
import { builtInCatalogue, resourceOfKind, resources } from './registry.ts';
import { created, lines, MINIMAL } from './sample.suite.ts';

interface Shape {
  description?: string;
  'x-definition'?: string;
  properties?: Record<string, Shape>;
  items?: Shape;
}

/** Paths of the fields of a schema that have nothing to say for themselves. */
function undescribed(schema: Shape, path: string, seen: Set<Shape>): string[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  const own = schema.description || path.endsWith('metadata') ? [] : [path];
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    undescribed(field, `${path}.${name}`, seen),
  );
  return [...own, ...fields, ...(schema.items ? undescribed(schema.items, `${path}[]`, seen) : [])];
}

/** What a client may send to be created: any values that the schema allows. */
const manifestOf = ({ schema }: ResourceDefinition): fc.Arbitrary<object> =>
  arbitraryOf(schema).map((value) => ({ ...value, apiVersion: undefined, kind: undefined }));

/** With the keys of every object in order, so that texts can be compared. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).sort();
  const copy: JsonObject = {};
  for (const key of keys) setOwn(copy, key, sorted(value[key]));
  return copy;
}

test('the registry holds every kind, each found by path and by kind', () => {
  expect([...new Set(resources.map((resource) => resource.kind))].sort()).toEqual(
    Object.keys(MINIMAL)
      .filter((key) => !key.includes('.'))
      .sort(),
  );
  for (const resource of resources) {
    expect(builtInCatalogue.at(resource.group, resource.version, resource.plural)).toBe(resource);
    expect(resourceOfKind(apiVersionOf(resource), resource.kind)).toBe(resource);
  }
  expect(builtInCatalogue.at('apps', 'v1', 'pods')).toBeUndefined();
  expect(resourceOfKind('v1', 'Deployment')).toBeUndefined();
});

test('short names, plurals and singulars belong to one kind each', () => {
  const owners = new Map<string, string>();
  for (const { kind, plural, singular, shortNames, group } of resources) {
    // Measurements of a kind go by its name, as they do in Kubernetes; the kind itself comes first in discovery.
    if (group === 'metrics.k8s.io') continue;
    for (const name of [plural, singular, ...shortNames]) expect(owners.get(name) ?? kind).toBe(kind);
    for (const name of [plural, singular, ...shortNames]) owners.set(name, kind);
  }
});

describe.each(resources.map((resource) => [resource.kind, resource] as const))('%s', (kind, resource) => {
  const sample = () => created(resource, MINIMAL[`${kind}.${resource.group}`] ?? MINIMAL[kind] ?? {});

  test('a minimal manifest is decoded and has no faults', () => {
    const { object, faults } = sample();
    expect(object).toMatchObject({ apiVersion: apiVersionOf(resource), kind });
    expect(lines([...faults, ...validateMetadata(resource, object)])).toEqual([]);
  });

  test('defaults change nothing the second time', () => {
    const { object } = sample();
    const before = JSON.stringify(object);
    resource.setDefaults(object);
    expect(JSON.stringify(object)).toBe(before);
  });

  test('an unchanged object is a valid update of itself', () => {
    const { object } = sample();
    const next = structuredClone(object);
    resource.prepareForUpdate?.(next, object);
    resource.setDefaults(next);
    expect(JSON.stringify(next)).toBe(JSON.stringify(object));
    expect(lines(resource.validateUpdate?.(next, object) ?? [])).toEqual([]);
  });

  test('an empty object is judged, not stumbled over', () => {
    const { object } = created(resource, {});
    expect(() => resource.validate(object)).not.toThrow();
  });

  test('whatever a client sends is filled in once and judged, never stumbled over', () => {
    const manifest = manifestOf(resource);
    fc.assert(
      fc.property(manifest, manifest, (sent, before) => {
        const { object } = created(resource, sent);
        const filled = JSON.stringify(object);
        resource.setDefaults(object);
        expect(JSON.stringify(object)).toBe(filled);
        const previous = created(resource, before).object;
        resource.prepareForUpdate?.(object, previous);
        resource.validateUpdate?.(object, previous);
        for (const column of resource.columns) column.value(object, 0);
        for (const read of Object.values(resource.selectableFields ?? {})) read(object);
      }),
      { numRuns: 200 },
    );
  });

  test('what is stored reads back as it was written', () => {
    fc.assert(
      fc.property(manifestOf(resource), (sent) => {
        const { object } = created(resource, sent);
        const again = decode(resource, JSON.parse(JSON.stringify(object)));
        expect(again.unknown).toEqual([]);
        expect(JSON.stringify(sorted(again.object))).toBe(JSON.stringify(sorted(object)));
        resource.setDefaults(again.object);
        expect(JSON.stringify(sorted(again.object))).toBe(JSON.stringify(sorted(object)));
      }),
      { numRuns: 200 },
    );
  });

  test('columns and field selectors read an object with nothing in it', () => {
    const bare = { metadata: {} };
    metaOf(bare);
    for (const column of resource.columns)
      expect(['string', 'number', 'boolean']).toContain(typeof column.value(bare, 0));
    for (const read of Object.values(resource.selectableFields ?? {})) expect(typeof read(bare)).toBe('string');
    if (!resource.scale) return;
    expect(resource.scale.specReplicas(bare)).toBe(0);
    expect(resource.scale.statusReplicas(bare)).toBe(0);
  });

  test('every field is described', () => {
    expect(undescribed(resource.schema as Shape, kind, new Set())).toEqual([]);
  });
});

/** Versions that are kept as objects of another. */
const converted = resources.filter(({ stored }) => stored);

describe.each(converted.map((resource) => [apiVersionOf(resource), resource] as const))('%s', (_, resource) => {
  const { fromStored, toStored, resource: kept } = resource.stored as StoredForm;
  const text = (object: unknown) => JSON.stringify(sorted(JSON.parse(JSON.stringify(object))));

  test('what is stored comes back from this version as it was', () => {
    fc.assert(
      fc.property(manifestOf(kept), (sent) => {
        const { object } = created(kept, sent);
        const before = text(object);
        const shown = fromStored(object);
        expect(text(object)).toBe(before);
        expect(decode(resource, JSON.parse(JSON.stringify(shown))).unknown).toEqual([]);
        expect(text(toStored(JSON.parse(JSON.stringify(shown))))).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  test('what is written in this version is all stored', () => {
    fc.assert(
      fc.property(manifestOf(resource), (sent) => {
        const { object } = created(resource, sent);
        const before = text(object);
        const full = toStored(object);
        expect(text(object)).toBe(before);
        const { unknown } = decode(kept, JSON.parse(JSON.stringify(full)));
        expect(unknown).toEqual([]);
        expect(text(toStored(fromStored(full)))).toBe(text(full));
        expect(JSON.parse(text(fromStored(full)))).toMatchObject(JSON.parse(before));
      }),
      { numRuns: 500 },
    );
  });
});
