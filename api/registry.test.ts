import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryOf } from './arbitrary.suite.ts';
import { apiVersionOf } from './meta/definition.ts';
import { metaOf } from './meta/object.ts';
import { validateMetadata } from './meta/validation.ts';
import { resourceAt, resourceOfKind, resources } from './registry.ts';
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

test('the registry holds every kind, each found by path and by kind', () => {
  expect([...new Set(resources.map((resource) => resource.kind))].sort()).toEqual(Object.keys(MINIMAL).sort());
  for (const resource of resources) {
    expect(resourceAt(resource.group, resource.version, resource.plural)).toBe(resource);
    expect(resourceOfKind(apiVersionOf(resource), resource.kind)).toBe(resource);
  }
  expect(resourceAt('apps', 'v1', 'pods')).toBeUndefined();
  expect(resourceOfKind('v1', 'Deployment')).toBeUndefined();
});

test('short names, plurals and singulars belong to one kind each', () => {
  const owners = new Map<string, string>();
  for (const { kind, plural, singular, shortNames } of resources) {
    for (const name of [plural, singular, ...shortNames]) expect(owners.get(name) ?? kind).toBe(kind);
    for (const name of [plural, singular, ...shortNames]) owners.set(name, kind);
  }
});

describe.each(resources.map((resource) => [resource.kind, resource] as const))('%s', (kind, resource) => {
  const sample = () => created(resource, MINIMAL[kind] ?? {});

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
    const manifest = arbitraryOf(resource.schema).map((value) => ({
      ...value,
      apiVersion: undefined,
      kind: undefined,
    }));
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

  test('columns and field selectors read an object with nothing in it', () => {
    const bare = { metadata: {} };
    metaOf(bare);
    for (const column of resource.columns) expect(['string', 'number']).toContain(typeof column.value(bare, 0));
    for (const read of Object.values(resource.selectableFields ?? {})) expect(typeof read(bare)).toBe('string');
    if (!resource.scale) return;
    expect(resource.scale.specReplicas(bare)).toBe(0);
    expect(resource.scale.statusReplicas(bare)).toBe(0);
  });

  test('every field is described', () => {
    expect(undescribed(resource.schema as Shape, kind, new Set())).toEqual([]);
  });
});
