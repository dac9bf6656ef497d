import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deployments } from '../../api/apps/deployment.ts';
import { applyMergePatch } from '../../api/meta/patch/merge.ts';
import { applyStrategicPatch } from '../../api/meta/patch/strategic.ts';
import { list, optional, string, stringMap, struct } from '../../api/meta/schema.ts';
import { type JsonObject, threeWayPatch } from './three-way.ts';

const deployment = (containers: JsonObject[], extra: JsonObject = {}): JsonObject => ({
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { replicas: 2, template: { spec: { containers } }, ...extra },
});
const web = (image: string, more: JsonObject = {}): JsonObject => ({ name: 'web', image, ...more });
const patchOf = (original: JsonObject, modified: JsonObject, current: JsonObject) =>
  threeWayPatch(deployments.schema, original, modified, current);

describe('strategic', () => {
  test('nothing to do is an empty patch, whatever the server filled in', () => {
    const file = deployment([web('a')]);
    const live = deployment([web('a', { imagePullPolicy: 'Always' })], { paused: false });
    expect(patchOf(file, file, live)).toEqual({});
  });

  test('a changed image patches that container alone', () => {
    const live = deployment([web('a'), { name: 'injected', image: 'x' }]);
    expect(patchOf(deployment([web('a')]), deployment([web('b')]), live)).toEqual({
      spec: {
        template: {
          spec: { '$setElementOrder/containers': [{ name: 'web' }], containers: [{ name: 'web', image: 'b' }] },
        },
      },
    });
  });

  test('a container that left the file is deleted; one that was never in it stays', () => {
    const before = deployment([web('a'), { name: 'old', image: 'o' }]);
    const live = deployment([web('a'), { name: 'old', image: 'o' }, { name: 'injected', image: 'x' }]);
    const patch = patchOf(before, deployment([web('a')]), live);
    const after = applyStrategicPatch(deployments.schema, live, patch) as typeof live;
    const names = (after.spec as { template: { spec: { containers: { name: string }[] } } }).template.spec.containers;
    expect(names.map(({ name }) => name)).toEqual(['web', 'injected']);
  });

  test('a field that left the file becomes null; one that somebody else set stays', () => {
    const live = deployment([web('a')], { minReadySeconds: 3, revisionHistoryLimit: 4 });
    const patch = patchOf(deployment([web('a')], { minReadySeconds: 3 }), deployment([web('a')]), live);
    expect(patch).toEqual({ spec: { minReadySeconds: null } });
  });

  test('somebody else’s change of a field in the file is undone', () => {
    const file = deployment([web('a')]);
    expect(patchOf(file, file, { ...deployment([web('a')]), spec: { ...(file.spec as object), replicas: 9 } })).toEqual(
      {
        spec: { replicas: 2 },
      },
    );
  });

  test('a union keeps only the members that the file names', () => {
    const live = deployment([web('a')], { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } });
    const file = deployment([web('a')], { strategy: { type: 'Recreate' } });
    expect(patchOf(deployment([web('a')]), file, live)).toEqual({
      spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    });
  });
});

test('without a schema lists are replaced whole', () => {
  const patch = threeWayPatch(undefined, {}, { spec: { items: [1, 2] } }, { spec: { items: [1], other: true } });
  expect(patch).toEqual({ spec: { items: [1, 2] } });
});

const ItemSchema = struct('test.Item', 'An item.', {
  name: string('Its key.'),
  value: optional(string('A value.')),
});
const ThingSchema = struct('test.Thing', 'A thing.', {
  labels: optional(stringMap('Labels.')),
  items: optional(list(ItemSchema, 'Items.', { mergeKey: 'name' })),
  tags: optional(list(string('A tag.'), 'Tags.', { patchStrategy: 'merge' })),
});

const word = fc.constantFrom('a', 'b', 'c', 'd');
const thing = fc.record(
  {
    labels: fc.dictionary(word, word),
    items: fc.uniqueArray(fc.record({ name: word, value: word }, { requiredKeys: ['name'] }), {
      selector: ({ name }) => name,
    }),
    tags: fc.uniqueArray(word),
  },
  { requiredKeys: [] },
);
interface Thing {
  labels?: Record<string, string>;
  items?: { name: string; value?: string }[];
  tags?: string[];
}

describe('the patched object', () => {
  test('has all that the file says, nothing that left the file, and all that others set', () => {
    fc.assert(
      fc.property(thing, thing, thing, (original: Thing, modified: Thing, current: Thing) => {
        const patch = threeWayPatch(ThingSchema, original as JsonObject, modified as JsonObject, current as JsonObject);
        const after = applyStrategicPatch(ThingSchema, structuredClone(current), patch) as Thing;
        expect(after.labels ?? {}).toMatchObject(modified.labels ?? {});
        const wanted = new Set(modified.items?.map(({ name }) => name));
        for (const item of modified.items ?? []) {
          expect(after.items?.find(({ name }) => name === item.name)).toMatchObject(item);
        }
        for (const { name } of modified.items ? (original.items ?? []) : []) {
          if (!wanted.has(name)) expect(after.items?.map((each) => each.name) ?? []).not.toContain(name);
        }
        const known = new Set([...(original.items ?? []), ...(modified.items ?? [])].map(({ name }) => name));
        const dropped = original.items !== undefined && modified.items === undefined;
        for (const item of dropped ? [] : (current.items ?? [])) {
          if (!known.has(item.name)) expect(after.items).toContainEqual(item);
        }
        for (const tag of modified.tags ?? []) expect(after.tags).toContain(tag);
      }),
    );
  });

  test('needs no second patch', () => {
    fc.assert(
      fc.property(thing, thing, thing, (original, modified, current) => {
        const patch = threeWayPatch(ThingSchema, original, modified, current);
        const after = applyStrategicPatch(ThingSchema, structuredClone(current), patch) as JsonObject;
        expect(threeWayPatch(ThingSchema, modified, modified, after)).toEqual({});
      }),
    );
  });

  test('as a merge patch too', () => {
    fc.assert(
      fc.property(thing, thing, thing, (original, modified, current) => {
        const patch = threeWayPatch(undefined, original, modified, current);
        const after = applyMergePatch(structuredClone(current), patch) as JsonObject;
        expect(threeWayPatch(undefined, modified, modified, after)).toEqual({});
      }),
    );
  });
});
