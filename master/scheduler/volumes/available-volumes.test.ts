import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeSelectorTerm } from '../../../api/core/affinity.ts';
import { volumeFitsClaim } from '../../../api/core/persistent-volume-binding.ts';
import { nodeSelectorAdmits } from '../constraints/node-affinity.ts';
import { AvailableVolumes, knownVolume } from './available-volumes.ts';
import { claim, inZone, node, on, volume } from './storage.fixture.ts';

const ZONE = 'topology.kubernetes.io/zone';
const nodes = [node('n1', { [ZONE]: 'a' }), node('n2', { [ZONE]: 'b' }), node('n3')];

const terms = fc.constantFrom<NodeSelectorTerm[] | undefined>(
  undefined,
  on('n1'),
  on('n1', 'n3'),
  inZone('a'),
  inZone('a', 'b'),
  [...on('n3'), ...inZone('b')],
  [{ matchExpressions: [...on('n1', 'n2')[0]!.matchExpressions!, ...inZone('b')[0]!.matchExpressions!] }],
  [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }],
  [{ matchExpressions: [{ key: ZONE, operator: 'DoesNotExist' }] }],
  [{}],
);
const stock = fc.array(
  fc.record({
    name: fc.constantFrom('v1', 'v2', 'v3', 'v4', 'v5', 'v6'),
    storage: fc.constantFrom('1Gi', '2Gi', '4Gi'),
    storageClassName: fc.constantFrom('local', 'other'),
    terms,
    stays: fc.boolean(),
  }),
  { maxLength: 12 },
);

test('the smallest volume found for a node is that of a look at all of them', () => {
  fc.assert(
    fc.property(stock, fc.constantFrom('1Gi', '2Gi', '4Gi'), fc.subarray(['v1', 'v2']), (all, storage, taken) => {
      const available = new AvailableVolumes();
      const there = new Map<string, ReturnType<typeof volume>>();
      for (const { name, stays, ...traits } of all) {
        available.remove(name);
        there.delete(name);
        if (!stays) continue;
        there.set(name, volume(name, traits));
        available.add(knownVolume(there.get(name)!));
      }
      const wish = claim('c', { storage });
      const except = new Set(taken);
      for (const at of nodes) {
        const fitting = [...there.values()]
          .filter((each) => !except.has(each.metadata!.name!) && volumeFitsClaim(each, wish))
          .filter(({ spec }) => !spec!.nodeAffinity || nodeSelectorAdmits(spec!.nodeAffinity.required!)(at))
          .map((each) => `${each.spec!.capacity!.storage} ${each.metadata!.name}`)
          .sort();
        const found = available.smallest('local', wish, at, except);
        expect(found && `${found.object.spec!.capacity!.storage} ${found.name}`).toBe(fitting[0]);
      }
    }),
  );
});
