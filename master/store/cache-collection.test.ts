import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cacheFixture, erase, pods, type Thing, thing, write } from './cache.fixture.ts';

const place = ({ metadata }: Thing) => `${metadata?.namespace}/${metadata?.name}`;

const step = fc.record({
  namespace: fc.constantFrom('a', 'a-b', 'b'),
  name: fc.constantFrom('x', 'y', 'z', 'é', '𝒙'),
  n: fc.nat(9),
  remove: fc.boolean(),
});

interface Moment {
  readonly revision: number;
  readonly objects: readonly Thing[];
}

test('any stretch of any moment that is remembered is as it was, also when it is read on while more happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 1, max: 30 }),
      fc.nat(25),
      fc.constantFrom(undefined, 'a', 'b'),
      fc.constantFrom(undefined, 'a/', 'a/x', 'a/é', 'b/y', 'c/z'),
      async (steps, historySize, paged, namespace, after) => {
        const { store, cache } = cacheFixture({ historySize });
        await cache.start();
        const moments: Moment[] = [{ revision: cache.revision, objects: cache.list(pods) }];
        const check = (index: number) => {
          const { revision, objects } = moments[index]!;
          const stretch = cache.listAt(pods, { revision, namespace, after });
          const later = moments.slice(index + 1).filter((each, i) => each.revision > moments[index + i]!.revision);
          if (later.length <= historySize) expect(stretch).toBeDefined();
          if (!stretch) return;
          const inNamespace = objects.filter(({ metadata }) => !namespace || metadata?.namespace === namespace);
          const isBehind = (each: Thing) => !after || Buffer.compare(Buffer.from(place(each)), Buffer.from(after)) > 0;
          expect([...stretch]).toEqual(inNamespace.filter(isBehind));
        };
        for (const { namespace, name, n, remove } of steps) {
          if (remove) await erase(store, pods, namespace, name);
          else await write(store, pods, thing(namespace, name, { spec: { n } }));
          moments.push({ revision: cache.revision, objects: cache.list(pods) });
          if (moments.length > paged) check(paged);
        }
        for (const index of moments.keys()) check(moments.length - 1 - index);
        await cache.stop();
      },
    ),
    { numRuns: 200 },
  );
});
