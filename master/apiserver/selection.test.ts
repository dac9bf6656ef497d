import { describe, expect, test } from 'vitest';
import { defineResource } from '../../api/meta/definition.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { metadata, typeMeta } from '../../api/meta/object.ts';
import { struct } from '../../api/meta/schema.ts';
import type { Change } from '../store/cache.ts';
import { compileSelection, selectChange } from './selection.ts';

interface Crate extends ApiObject {
  weight?: number;
}

const crates = defineResource<Crate>({
  group: 'cargo',
  version: 'v1',
  kind: 'Crate',
  plural: 'crates',
  singular: 'crate',
  shortNames: [],
  categories: [],
  namespaced: true,
  schema: struct('cargo.v1.Crate', 'A crate.', { ...typeMeta, metadata }),
  hasStatus: false,
  columns: [],
  selectableFields: { weight: (crate: Crate) => String(crate.weight ?? 0) },
  setDefaults() {},
  validate: () => [],
});

const crate = (resourceVersion: string, labels: Record<string, string>, namespace = 'a'): Crate => ({
  metadata: { name: 'c', namespace, labels, resourceVersion },
});
const select = (query: string, namespace?: string) =>
  compileSelection(crates, { namespace }, new URLSearchParams(query));

describe('what a change means to a watcher of red crates', () => {
  const red = crate('1', { colour: 'red' });
  const redder = crate('2', { colour: 'red', shade: 'dark' });
  const blue = crate('3', { colour: 'blue' });
  const selection = select('labelSelector=colour=red');
  const seen = (change: Omit<Change, 'revision'>) => {
    const event = selectChange(selection, { ...change, revision: 9 });
    return event && `${event.type} ${event.object.metadata?.labels?.colour} ${event.object.metadata?.resourceVersion}`;
  };

  test.each<[string, Omit<Change, 'revision'>, string | undefined]>([
    ['a red one comes', { type: 'added', object: red }, 'ADDED red 1'],
    ['a blue one comes', { type: 'added', object: blue }, undefined],
    ['it stays red', { type: 'modified', previous: red, object: redder }, 'MODIFIED red 2'],
    ['it turns red', { type: 'modified', previous: blue, object: red }, 'ADDED red 1'],
    ['it turns blue', { type: 'modified', previous: red, object: blue }, 'DELETED red 9'],
    ['it stays blue', { type: 'modified', previous: blue, object: blue }, undefined],
    ['a red one goes', { type: 'deleted', previous: red, object: { ...red } }, 'DELETED red 1'],
    ['a blue one goes', { type: 'deleted', previous: blue, object: blue }, undefined],
    ['a blue one turned red as it went', { type: 'deleted', previous: blue, object: red }, undefined],
  ])('%s', (_what, change, expected) => {
    expect(seen(change)).toBe(expected);
  });

  test('the shared object is not touched when it leaves', () => {
    selectChange(selection, { type: 'modified', previous: red, object: blue, revision: 9 });
    expect(red.metadata?.resourceVersion).toBe('1');
  });
});

describe('selections', () => {
  test('by namespace alone is not selective', () => {
    const selection = select('', 'b');
    expect(selection.selective).toBe(false);
    expect(selection.matches(crate('1', {}, 'a'))).toBe(false);
    expect(selection.matches(crate('1', {}, 'b'))).toBe(true);
  });

  test('by a field of the kind, and its opposite', () => {
    expect(select('fieldSelector=weight=5').matches({ ...crate('1', {}), weight: 5 } as Crate)).toBe(true);
    expect(select('fieldSelector=weight!=5').matches({ ...crate('1', {}), weight: 5 } as Crate)).toBe(false);
  });

  test('by name, so that nobody need look further', () => {
    expect(select('fieldSelector=metadata.name=c').name).toBe('c');
    expect(select('fieldSelector=metadata.name!=c').name).toBeUndefined();
  });

  test('by a field that cannot be selected', () => {
    expect(() => select('fieldSelector=spec.lid=on')).toThrow(
      /"spec.lid" is not a known field selector: only "metadata.name", "metadata.namespace", "weight"/,
    );
  });
});
