import fc from 'fast-check';
import { expect, test } from 'vitest';
import { storeKey } from '../../api/meta/definition.ts';
import { cacheFixture, kinds, nodes, type Owner, pods, replicaSets, type Thing, thing } from './cache.fixture.ts';
import type { Op, Store } from './store.ts';
import type { WatchCache } from './watch-cache.ts';

const UIDS = ['u1', 'u2', 'u3'];
const NODES = ['n1', 'n2'];

interface Step {
  readonly kind: number;
  readonly namespace: string;
  readonly name: string;
  readonly owners: readonly Owner[];
  readonly nodeName: string | undefined;
  readonly remove: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.nat(kinds.length - 1),
  namespace: fc.constantFrom('a', 'b'),
  name: fc.constantFrom('x', 'y', 'z'),
  owners: fc.uniqueArray(fc.record({ uid: fc.constantFrom(...UIDS), controller: fc.boolean() }), {
    maxLength: 3,
    selector: ({ uid }) => uid,
  }),
  nodeName: fc.constantFrom(undefined, '', ...NODES),
  remove: fc.boolean(),
});

function opOf({ kind, namespace, name, owners, nodeName, remove }: Step): Op {
  const resource = kinds[kind]!;
  const space = resource.namespaced ? namespace : undefined;
  const key = storeKey(resource, space, name);
  if (remove) return { type: 'delete', key };
  return { type: 'put', key, value: JSON.stringify(thing(space, name, { owners, spec: { nodeName } })) };
}

/** Everything the indexes say, in an order of its own. */
function indexed(cache: WatchCache): unknown {
  const sorted = (objects: readonly unknown[]) => objects.map((each) => JSON.stringify(each)).sort();
  return {
    owned: UIDS.map((uid) => kinds.map((kind) => sorted(cache.ownedBy(kind, uid)))),
    dependents: UIDS.map((uid) =>
      sorted(cache.dependentsOf(uid).map(({ resource, object }) => [resource.plural, object])),
    ),
    onNodes: NODES.map((node) => sorted(cache.podsOn(node))),
    lists: kinds.map((kind) => [cache.list(kind), cache.list(kind, 'a'), cache.list(kind, 'b')]),
  };
}

/** The same, from nothing but the lists. */
function rebuilt(cache: WatchCache): unknown {
  const all = kinds.flatMap((resource) => cache.list(resource).map((object: Thing) => ({ resource, object })));
  const sorted = (objects: readonly unknown[]) => objects.map((each) => JSON.stringify(each)).sort();
  const owns = (object: Thing, uid: string) => object.metadata?.ownerReferences?.some((owner) => owner.uid === uid);
  const controls = (object: Thing, uid: string) =>
    object.metadata?.ownerReferences?.find((owner) => owner.controller)?.uid === uid;
  return {
    owned: UIDS.map((uid) => kinds.map((kind) => sorted(cache.list(kind).filter((object) => controls(object, uid))))),
    dependents: UIDS.map((uid) =>
      sorted(all.filter(({ object }) => owns(object, uid)).map(({ resource, object }) => [resource.plural, object])),
    ),
    onNodes: NODES.map((node) => sorted(cache.list(pods).filter((object) => object.spec?.nodeName === node))),
    lists: kinds.map((kind) => [
      cache.list(kind),
      ...['a', 'b'].map((space) => cache.list(kind).filter(({ metadata }) => metadata?.namespace === space)),
    ]),
  };
}

async function commit(store: Store, steps: readonly Step[]): Promise<void> {
  const ops = new Map(steps.map((each) => [opOf(each).key, opOf(each)]));
  await store.commit({ compares: [], ops: [...ops.values()] });
}

test('indexes say what a look at every object would say, after any changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 20 }), async (batches) => {
      const { store, cache } = cacheFixture();
      const half = Math.floor(batches.length / 2);
      for (const batch of batches.slice(0, half)) await commit(store, batch);
      await cache.start();
      for (const batch of batches.slice(half)) {
        await commit(store, batch);
        expect(indexed(cache)).toEqual(rebuilt(cache));
      }
      // A second cache that only lists comes to the same contents as the one that followed.
      const { cache: fresh } = cacheFixture({ store });
      await fresh.start();
      expect(indexed(fresh)).toEqual(indexed(cache));
    }),
    { numRuns: 60 },
  );
});

test('an object without a controller is a dependent that nobody controls', async () => {
  const { store, cache } = cacheFixture();
  await cache.start();
  const owners: Owner[] = [{ uid: 'u1' }, { uid: 'u2', controller: true }];
  const key = storeKey(replicaSets, 'a', 'r');
  const value = JSON.stringify(thing('a', 'r', { owners, spec: { nodeName: 'n1' } }));
  await store.commit({ compares: [], ops: [{ type: 'put', key, value }] });
  expect([cache.ownedBy(replicaSets, 'u1'), cache.ownedBy(pods, 'u2'), cache.podsOn('n1')]).toEqual([[], [], []]);
  expect(cache.ownedBy(replicaSets, 'u2')).toHaveLength(1);
  expect(cache.dependentsOf('u1').map(({ resource }) => resource)).toEqual([replicaSets]);
  expect(cache.list(nodes)).toEqual([]);
});
