import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../json.ts';
import { crates, docks } from '../sample.suite.ts';
import { openApiV3, openApiV3Index } from './v3.ts';

interface Parameter {
  name: string;
  in: string;
}
interface Document {
  paths: Record<string, Record<string, { parameters: Parameter[] } & JsonObject>>;
  components: { schemas: Record<string, { properties: Record<string, JsonObject> } & JsonObject> };
}
const documentOf = (group: string) => openApiV3([crates, docks], group, 'v1') as unknown as Document;

/** Every `$ref` in a document. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === '$ref' ? [String(item)] : references(item)));
}

describe('schemas', () => {
  const { components } = documentOf('');
  const spec = components.schemas['io.k8s.api.core.v1.CrateSpec'];

  test('every reference has its definition', () => {
    const known = Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`);
    const used = new Set(references(documentOf('')));
    expect([...used].filter((reference) => !known.includes(reference))).toEqual([]);
    expect(used.size).toBeGreaterThan(10);
  });

  test('kinds, lists and DeleteOptions name their group, version and kind', () => {
    const gvkOf = (name: string) => components.schemas[name]?.['x-kubernetes-group-version-kind'];
    expect(gvkOf('io.k8s.api.core.v1.Crate')).toEqual([{ group: '', kind: 'Crate', version: 'v1' }]);
    expect(gvkOf('io.k8s.api.core.v1.CrateList')).toEqual([{ group: '', kind: 'CrateList', version: 'v1' }]);
    expect(gvkOf('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')).toEqual([
      { group: '', kind: 'DeleteOptions', version: 'v1' },
    ]);
    expect(gvkOf('io.k8s.api.autoscaling.v1.Scale')).toEqual([{ group: 'autoscaling', kind: 'Scale', version: 'v1' }]);
  });

  test('lists carry merge keys and list types', () => {
    expect(spec?.properties.parts).toMatchObject({
      type: 'array',
      items: { $ref: '#/components/schemas/io.k8s.api.core.v1.CratePart' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(spec?.properties.strategy).toMatchObject({
      allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.CrateStrategy' }],
      'x-kubernetes-patch-strategy': 'retainKeys',
    });
  });

  test('scalars of their own stand under their names', () => {
    expect(spec?.properties.since).toMatchObject({
      allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Time' }],
    });
    expect(spec?.properties.mode).toEqual({ type: 'string', description: 'Mode.', enum: ['Open', 'Closed'] });
    expect(components.schemas['io.k8s.api.core.v1.CratePart']?.properties.limits).toEqual({
      type: 'object',
      description: 'Limits.',
      additionalProperties: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity' },
    });
    expect(components.schemas['io.k8s.api.core.v1.CratePart']?.required).toEqual(['name']);
  });
});

describe('paths', () => {
  const { paths } = documentOf('');

  test('of a namespaced kind', () => {
    const one = '/api/v1/namespaces/{namespace}/crates/{name}';
    expect(Object.keys(paths)).toEqual([
      '/api/v1/crates',
      '/api/v1/namespaces/{namespace}/crates',
      one,
      `${one}/status`,
      `${one}/scale`,
      `${one}/log`,
      `${one}/binding`,
    ]);
    expect(Object.keys(paths[one] ?? {})).toEqual(['parameters', 'get', 'put', 'patch', 'delete']);
    expect(paths[`${one}/scale`]?.get?.['x-kubernetes-group-version-kind']).toEqual({
      group: 'autoscaling',
      version: 'v1',
      kind: 'Scale',
    });
  });

  test('of a cluster-wide kind', () => {
    expect(Object.keys(documentOf('apps').paths)).toEqual(['/apis/apps/v1/docks', '/apis/apps/v1/docks/{name}']);
  });

  test('writes say that they take fieldValidation, dryRun and fieldManager', () => {
    for (const methods of Object.values(paths)) {
      for (const method of ['post', 'put', 'patch'] as const) {
        const names = methods[method]?.parameters.map((parameter) => parameter.name);
        if (names) expect(names).toEqual(expect.arrayContaining(['fieldValidation', 'dryRun', 'fieldManager']));
      }
    }
  });

  test('operations have actions and ids of their own', () => {
    const operations = Object.values(paths).flatMap(({ parameters: _, ...methods }) => Object.values(methods));
    const ids = operations.map((operation) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(operations.map((operation) => operation['x-kubernetes-action']))).toEqual(
      new Set(['list', 'post', 'deletecollection', 'get', 'put', 'patch', 'delete']),
    );
  });
});

test('a kind of which not everything can be asked has no such operations', () => {
  const document = openApiV3([{ ...crates, verbs: ['get', 'list', 'delete'] as const }], '', 'v1') as {
    paths: Record<string, object>;
  };
  expect(Object.keys(document.paths['/api/v1/namespaces/{namespace}/crates'] ?? {})).not.toContain('delete');
  expect(Object.keys(document.paths['/api/v1/namespaces/{namespace}/crates/{name}'] ?? {})).toContain('delete');
});

test('the index has a document per version, and its hash follows the content', () => {
  const url = (resources: Parameters<typeof openApiV3Index>[0]) =>
    openApiV3Index(resources).paths['api/v1']?.serverRelativeURL ?? '';
  expect(Object.keys(openApiV3Index([crates, docks]).paths)).toEqual(['api/v1', 'apis/apps/v1']);
  expect(url([crates])).toMatch(/^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{16}$/);
  expect(url([crates])).toBe(url([crates]));
  expect(url([crates])).not.toBe(url([{ ...crates, plural: 'boxes' }]));
  expect(openApiV3([crates], 'nope', 'v1')).toBeUndefined();
});
