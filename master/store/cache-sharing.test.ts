import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApiObject } from '../../api/meta/object.ts';
import { cacheFixture, pods, type Thing, write } from './cache.fixture.ts';
import { SharedParts } from './cache-sharing.ts';

const made = (name: string, image = 'app:1') => ({
  metadata: {
    name,
    namespace: 'a',
    uid: name,
    managedFields: [{ manager: name, operation: 'Update', fieldsV1: { 'f:spec': { 'f:containers': {} } } }],
  },
  spec: { nodeName: name, containers: [{ name: 'app', image }] },
});

describe('parts that objects have alike', () => {
  test('are kept once, and nothing that is read changes by it', async () => {
    const { store, cache } = cacheFixture();
    for (const name of ['x', 'y']) await write(store, pods, made(name) as Thing);
    await write(store, pods, made('z', 'app:2') as Thing);
    await cache.start();
    const [x, y, z] = cache.list(pods) as unknown as ReturnType<typeof made>[];
    expect(x).toMatchObject(made('x'));
    expect(y).toMatchObject(made('y'));
    expect(y!.spec.containers).toBe(x!.spec.containers);
    expect(y!.metadata.managedFields[0]!.fieldsV1).toBe(x!.metadata.managedFields[0]!.fieldsV1);
    expect(z!.spec.containers).toEqual(made('z', 'app:2').spec.containers);
    await cache.stop();
  });

  test('leave whatever there is as it was', () => {
    const part = fc.jsonValue();
    const object = fc.record(
      {
        metadata: fc.record({
          managedFields: fc.oneof(fc.array(fc.oneof(fc.record({ fieldsV1: part }), fc.constant(null))), part),
        }),
        spec: fc.oneof(fc.dictionary(fc.string(), part), part),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(object), (objects) => {
        const parts = new SharedParts();
        const before = objects.map((each) => JSON.stringify(each));
        // What is stored is text: the order of keys and all.
        const shared = before.map((text) => JSON.parse(text) as ApiObject);
        for (const each of shared) parts.share(each);
        expect(shared.map((each) => JSON.stringify(each))).toEqual(before);
      }),
    );
  });
});
