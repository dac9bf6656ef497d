import { expect, test } from 'vitest';
import { resources } from '../../registry.ts';
import { openApiV2 } from './v2.ts';
import { openApiV3, openApiV3Index } from './v3.ts';

function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === '$ref' ? [String(item)] : references(item)));
}

test('the documents of all our kinds are whole', () => {
  const documents = Object.keys(openApiV3Index(resources).paths).map((path) => {
    const [group = '', version = ''] = path.startsWith('apis/') ? path.split('/').slice(1) : ['', path.split('/')[1]];
    const document = openApiV3(resources, group, version) as { components: { schemas: Record<string, object> } };
    return { prefix: '#/components/schemas/', document, names: Object.keys(document.components.schemas) };
  });
  const v2 = openApiV2(resources, 'v1.35.0') as { definitions: Record<string, object> };
  for (const { prefix, document, names } of [
    ...documents,
    { prefix: '#/definitions/', document: v2, names: Object.keys(v2.definitions) },
  ]) {
    const known = new Set(names.map((name) => prefix + name));
    expect(references(document).filter((reference) => !known.has(reference))).toEqual([]);
    expect(names.length).toBeGreaterThan(5);
  }
});
