import { expect, test } from 'vitest';
import type { CustomResourceDefinition } from './definition-schema.ts';
import { definitionFaults } from './definition-validation.ts';
import type { JsonSchema } from './json-schema.ts';

const faultsWith = (spec: Record<string, JsonSchema>, version: object = {}): string[] => {
  const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object', properties: spec } } };
  const definition = {
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, ...version }],
    },
  };
  return definitionFaults(definition as unknown as CustomResourceDefinition).map(
    ({ path, message }) => `${path.split('.').slice(-2).join('.')}: ${message}`,
  );
};

test.each<[string, string | undefined]>([
  ['.spec.name', undefined],
  ['.spec.deep.flag', undefined],
  ['.spec.absent', 'is an invalid path: does not refer to a valid field'],
  ['.spec.name.more', 'is an invalid path: does not refer to a valid field'],
  ['.metadata.name', 'must not point to fields in metadata'],
  ['.spec.deep', 'must point to a field of type string, boolean or integer'],
])('a field that can be selected by stands in the schema: %s', (jsonPath, fault) => {
  const deep: JsonSchema = { type: 'object', properties: { flag: { type: 'boolean' } } };
  const faults = faultsWith({ name: { type: 'string' }, deep }, { selectableFields: [{ jsonPath }] });
  expect(faults).toEqual(
    fault ? [expect.stringContaining(`selectableFields[0].jsonPath: Invalid value: "${jsonPath}": ${fault}`)] : [],
  );
});

test.each<[string, JsonSchema, number]>([
  ['objects', { type: 'object' }, 1],
  ['atomic objects', { type: 'object', 'x-kubernetes-map-type': 'atomic' }, 0],
  ['lists', { type: 'array', items: { type: 'string' } }, 0],
  ['sets', { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }, 1],
])('a set of %s has items that are told apart as a whole', (_what, items, count) => {
  const faults = faultsWith({ set: { type: 'array', items, 'x-kubernetes-list-type': 'set' } });
  expect(faults).toHaveLength(count);
  for (const fault of faults)
    expect(fault).toContain('must be atomic as item of a list with x-kubernetes-list-type=set');
});
