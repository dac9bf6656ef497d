import { expect, test } from 'vitest';
import type { JsonObject } from '../json.ts';
import { crates, docks } from '../sample.suite.ts';
import { openApiV2 } from './v2.ts';

const document = openApiV2([crates, docks], 'v1.35.0') as {
  swagger: string;
  info: JsonObject;
  paths: Record<string, Record<string, JsonObject>>;
  definitions: Record<string, JsonObject>;
};

function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === '$ref' ? [String(item)] : references(item)));
}

test('one document for all groups', () => {
  expect(document.swagger).toBe('2.0');
  expect(document.info.version).toBe('v1.35.0');
  expect(Object.keys(document.paths)).toContain('/apis/apps/v1/docks/{name}');
  expect(Object.keys(document.paths)).toContain('/api/v1/namespaces/{namespace}/crates/{name}/status');
});

test('every reference has its definition', () => {
  const known = Object.keys(document.definitions).map((name) => `#/definitions/${name}`);
  expect(references(document).filter((reference) => !known.includes(reference))).toEqual([]);
});

test('bodies are parameters; DeleteOptions belongs to every group', () => {
  expect(document.paths['/apis/apps/v1/docks']?.post?.parameters).toContainEqual({
    name: 'body',
    in: 'body',
    required: true,
    schema: { $ref: '#/definitions/io.k8s.api.apps.v1.Dock' },
  });
  expect(
    document.definitions['io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions']?.['x-kubernetes-group-version-kind'],
  ).toEqual([
    { group: '', kind: 'DeleteOptions', version: 'v1' },
    { group: 'apps', kind: 'DeleteOptions', version: 'v1' },
  ]);
  expect(document.definitions['io.k8s.apimachinery.pkg.api.resource.Quantity']?.type).toBe('string');
});
