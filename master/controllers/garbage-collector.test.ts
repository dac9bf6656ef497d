import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { configMaps } from '../../api/core/config-map.ts';
import { nodes } from '../../api/core/node.ts';
import { secrets } from '../../api/core/secret.ts';
import type { ResourceDefinition } from '../../api/meta/definition.ts';
import { type ApiObject, metaOf, type OwnerReference } from '../../api/meta/object.ts';
import { builtInCatalogue } from '../../api/registry.ts';
import { garbageCollector } from './garbage-collector.ts';
import { World } from './kit/world.suite.ts';
import { names } from './samples.suite.ts';

const gc = garbageCollector(builtInCatalogue);

describe('garbage collection', () => {
  let world: World;
  const make = (name: string, owners: ApiObject[] = [], more: Partial<OwnerReference> = {}) =>
    world.create(configMaps, {
      metadata: {
        name,
        namespace: 'shop',
        ownerReferences: owners.map((owner) => ({
          apiVersion: owner.apiVersion!,
          kind: owner.kind!,
          name: metaOf(owner).name!,
          uid: metaOf(owner).uid!,
          ...more,
        })),
      },
    } as ApiObject);
  const left = () => names(world.list(configMaps));
  const remove = (object: ApiObject, propagationPolicy: 'Background' | 'Foreground' | 'Orphan') => {
    world.delete(configMaps as ResourceDefinition, object, { propagationPolicy });
    world.settle();
  };

  beforeEach(() => {
    world = new World([gc]);
  });

  test('in the background, what an object owned goes after it, to any depth', () => {
    const top = make('top');
    const middle = make('middle', [top]);
    make('bottom', [middle]);
    make('other');
    world.settle();
    expect(left()).toEqual(['bottom', 'middle', 'other', 'top']);
    remove(top, 'Background');
    expect(left()).toEqual(['other']);
  });

  test('an object with another owner left stays, without the reference to the one that went', () => {
    const [a, b] = [make('a'), make('b')];
    make('shared', [a, b]);
    remove(a, 'Background');
    expect(left()).toEqual(['b', 'shared']);
    const shared = world.get(configMaps, 'shop', 'shared')!;
    expect(metaOf(shared).ownerReferences?.map(({ name }) => name)).toEqual(['b']);
    remove(b, 'Background');
    expect(left()).toEqual([]);
  });

  test('an object made for an owner that is gone already, or for a namesake, goes at once', () => {
    const owner = make('owner');
    remove(owner, 'Background');
    make('owner');
    make('late', [owner]);
    world.settle();
    expect(left()).toEqual(['owner']);
  });

  test('in the foreground, the owner waits for those that block it, at every level', () => {
    const top = make('top');
    const middle = make('middle', [top], { blockOwnerDeletion: true });
    const bottom = make('bottom', [middle], { blockOwnerDeletion: true });
    world.update(configMaps, bottom, (object) => {
      metaOf(object).finalizers = ['example.com/hold'];
    });
    remove(top, 'Foreground');
    expect(left()).toEqual(['bottom', 'middle', 'top']);
    expect(metaOf(world.get(configMaps, 'shop', 'bottom')!).deletionTimestamp).toBeDefined();
    world.update(configMaps, bottom, (object) => {
      metaOf(object).finalizers = undefined;
    });
    world.settle();
    expect(left()).toEqual([]);
    expect(world.transcript.filter((line) => line.includes('delete'))).toEqual([
      'garbage-collector: delete configmap middle (Foreground)',
      'garbage-collector: delete configmap bottom (Background)',
    ]);
  });

  test('in the foreground, dependents that do not block go too, but the owner does not wait', () => {
    const top = make('top');
    const held = make('held', [top]);
    world.update(configMaps, held, (object) => {
      metaOf(object).finalizers = ['example.com/hold'];
    });
    remove(top, 'Foreground');
    expect(left()).toEqual(['held']);
    expect(metaOf(world.get(configMaps, 'shop', 'held')!).deletionTimestamp).toBeDefined();
  });

  test('orphans stay, owned by nobody, and their owner goes', () => {
    const top = make('top');
    const children = Array.from({ length: 700 }, (_, index) => make(`child-${index}`, [top]));
    remove(top, 'Orphan');
    expect(left()).toHaveLength(children.length);
    expect(world.list(configMaps).every((object) => !metaOf(object).ownerReferences)).toBe(true);
  });

  test('a cluster-wide owner is found from within a namespace', () => {
    const node = world.create(nodes, { metadata: { name: 'n1' } });
    make('of-node', [node]);
    world.settle();
    expect(left()).toEqual(['of-node']);
    world.delete(nodes, node);
    world.settle();
    expect(left()).toEqual([]);
  });

  test('nothing goes because of an owner of a kind that is not known here', () => {
    make('foreign', [
      { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', uid: 'u', namespace: 'shop' } },
    ]);
    world.settle();
    expect(left()).toEqual(['foreign']);
  });

  test('changes that touch no owner cause no work', () => {
    const owner = make('owner');
    const child = make('child', [owner]);
    world.create(secrets, { metadata: { name: 'free', namespace: 'shop' } });
    world.settle();
    world.update(configMaps, child, (object) => {
      object.data = { key: 'value' };
    });
    expect(world.due).toEqual([]);
  });

  test('a circle all of which was deleted in the foreground goes', () => {
    const [a, b] = [make('a'), make('b')];
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const { name = '', uid = '' } = metaOf(other);
      const reference = { apiVersion: 'v1', kind: 'ConfigMap', name, uid, blockOwnerDeletion: true };
      world.update(configMaps, one, ({ metadata }) => {
        metadata!.ownerReferences = [reference];
      });
    }
    for (const name of ['a', 'b']) {
      const found = world.get(configMaps, 'shop', name)!;
      world.delete(configMaps, found, { propagationPolicy: 'Foreground' });
    }
    world.settle();
    expect(left()).toEqual([]);
  });

  test('whoever owns whom, in circles too: nobody goes who has an owner that stays, and who has none left goes', () => {
    const at = fc.nat(7);
    const link = fc.record({ from: at, to: at, blocks: fc.boolean() });
    const end = fc.record({ at, policy: fc.constantFrom('Background', 'Foreground', 'Orphan') });
    fc.assert(
      fc.property(fc.array(link, { maxLength: 12 }), fc.array(end, { maxLength: 4 }), fc.nat(), (links, ends, seed) => {
        world = new World([gc], seed);
        const all = Array.from({ length: 8 }, (_, index) => make(`m${index}`));
        for (const { from, to, blocks } of links) {
          const { name = '', uid = '' } = metaOf(all[to]!);
          const reference = { apiVersion: 'v1', kind: 'ConfigMap', name, uid, blockOwnerDeletion: blocks };
          world.update(configMaps, all[from]!, ({ metadata }) => {
            const others = metadata?.ownerReferences?.filter((other) => other.uid !== uid) ?? [];
            metadata!.ownerReferences = [...others, reference];
          });
        }
        for (const { at: which, policy } of ends) {
          const found = world.get(configMaps, 'shop', `m${which}`);
          if (found) world.delete(configMaps as ResourceDefinition, found, { propagationPolicy: policy });
          for (let passes = 0; passes < which; passes++) watched(world, passes);
        }
        for (let passes = 0; world.due.length > 0 && passes < 500; passes++) watched(world, world.rng.int(5));
        expect(world.due).toEqual([]);
        const there = new Set(world.list(configMaps).map(({ metadata }) => metadata?.uid ?? ''));
        for (const { metadata } of world.list(configMaps)) {
          expect(metadata?.deletionTimestamp).toBeUndefined();
          for (const { uid } of metadata?.ownerReferences ?? []) expect(there).toContain(uid);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** One pass, which must not end what has an owner that is not going itself. */
function watched(world: World, choice: number): void {
  const next = world.due[choice % Math.max(1, world.due.length)];
  for (const decision of next ? world.decide(gc, next.key) : []) {
    if (decision.type !== 'delete') continue;
    const owners = metaOf(world.get(configMaps, 'shop', decision.name)!).ownerReferences ?? [];
    const staying = owners.filter(({ name, uid }) => {
      const owner = world.get(configMaps, 'shop', name)?.metadata;
      return owner?.uid === uid && !owner.deletionTimestamp;
    });
    expect([decision.name, staying]).toEqual([decision.name, []]);
  }
  world.step(choice);
}
