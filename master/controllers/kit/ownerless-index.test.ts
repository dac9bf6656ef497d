import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Pod, pods } from '../../../api/core/pod.ts';
import { controllerOf, metaOf } from '../../../api/meta/object.ts';
import { type LabelSelector, matchesLabelSelector } from '../../../api/meta/selector.ts';
import type { Cache, Change } from '../../store/cache.ts';
import { OwnerlessIndex } from './ownerless-index.ts';

const word = fc.constantFrom('a', 'b', 'c');
const labels = fc.dictionary(fc.constantFrom('app', 'tier'), word, { maxKeys: 2 });
const podState = fc.record({ name: word, namespace: fc.constantFrom('x', 'y'), labels, owned: fc.boolean() });
const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  fc.record({ matchLabels: labels }),
  fc.record({ matchExpressions: fc.constant<LabelSelector['matchExpressions']>([{ key: 'app', operator: 'Exists' }]) }),
);

const podOf = ({
  name,
  namespace,
  labels: given,
  owned,
}: typeof podState extends fc.Arbitrary<infer T> ? T : never) => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'u', controller: true };
  return { metadata: { name, namespace, labels: given, ownerReferences: owned ? [owner] : undefined } } as Pod;
};

describe('OwnerlessIndex', () => {
  test('finds what a walk through all objects would, after any changes', () => {
    const steps = fc.array(fc.record({ state: podState, deleted: fc.boolean(), sameLabels: fc.boolean() }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(
        fc.array(podState, { maxLength: 5 }),
        steps,
        selector,
        fc.nat(40),
        (initial, changes, query, askedAt) => {
          const present = new Map<string, Pod>();
          for (const state of initial) present.set(`${state.namespace}/${state.name}`, podOf(state));
          let tell: (change: Change<Pod>) => void = () => {};
          const cache = {
            list: () => [...present.values()],
            subscribe: (_resource: unknown, handler: typeof tell) => {
              tell = handler;
              return () => {};
            },
          } as unknown as Cache;
          const index = new OwnerlessIndex(cache, [pods]);
          index.start();
          let revision = 0;
          for (const [step, { state, deleted, sameLabels }] of changes.entries()) {
            // From then on the index follows what changes.
            if (step === askedAt) index.find(pods, 'x', query);
            const key = `${state.namespace}/${state.name}`;
            const previous = present.get(key);
            revision++;
            if (!deleted) {
              const object = podOf(state);
              if (sameLabels && previous) metaOf(object).labels = metaOf(previous).labels;
              present.set(key, object);
              tell({ type: previous ? 'modified' : 'added', object, previous, revision });
            } else if (previous) {
              present.delete(key);
              tell({ type: 'deleted', object: structuredClone(previous), previous, revision });
            }
          }
          for (const namespace of ['x', 'y']) {
            const expected = [...present.values()].filter(
              (pod) =>
                metaOf(pod).namespace === namespace &&
                !controllerOf(pod) &&
                matchesLabelSelector(query, metaOf(pod).labels),
            );
            expect(new Set(index.find(pods, namespace, query))).toEqual(new Set(expected));
          }
        },
      ),
    );
  });
});
