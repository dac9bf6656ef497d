import { expect, test } from 'vitest';
import { crateOf, crates } from './sample.suite.ts';
import { tableOf } from './table.ts';

test('rows carry cells and, by default, metadata', () => {
  const table = tableOf(crates, [crateOf('a', { replicas: 2 })], 0, { resourceVersion: '7', remainingItemCount: 3 });
  expect(table).toMatchObject({
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: '7', remainingItemCount: 3 },
  });
  expect(table.columnDefinitions?.map(({ name, format, priority }) => [name, format, priority])).toEqual([
    ['Name', 'name', 0],
    ['Wanted', '', 0],
    ['Mode', '', 1],
  ]);
  expect(table.rows).toEqual([
    {
      cells: ['a', 2, '<none>'],
      object: {
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { name: 'a', namespace: 'default' },
      },
    },
  ]);
});

test('rows may carry the object or nothing; a watch may leave the columns out', () => {
  const crate = crateOf('a');
  expect(tableOf(crates, [crate], 0, { includeObject: 'Object' }).rows[0]?.object).toEqual(crate);
  expect(tableOf(crates, [crate], 0, { includeObject: 'None' }).rows[0]?.object).toBeUndefined();
  expect(tableOf(crates, [crate], 0, { columns: false }).columnDefinitions).toBeNull();
});
