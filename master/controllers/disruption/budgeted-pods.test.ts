import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pods } from '../../../api/core/pod.ts';
import { metaOf } from '../../../api/meta/object.ts';
import { type LabelSelector, matchesLabelSelector } from '../../../api/meta/selector.ts';
import { podDisruptionBudgets } from '../../../api/policy/pod-disruption-budget.ts';
import { type Controller, watch } from '../kit/controller.ts';
import { World } from '../kit/world.suite.ts';
import { names, podSpec } from '../samples.suite.ts';
import { BudgetedPods } from './budgeted-pods.ts';

const SELECTORS: readonly (LabelSelector | undefined)[] = [
  undefined,
  {},
  { matchLabels: { app: 'web' } },
  { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] },
];
const LABELS = [undefined, { app: 'web' }, { app: 'db' }];

const step = fc.record({
  kind: fc.constantFrom('pod', 'budget'),
  namespace: fc.constantFrom('shop', 'lab'),
  name: fc.constantFrom('a', 'b', 'c'),
  what: fc.constantFrom('put', 'put', 'put', 'delete'),
  choice: fc.nat(SELECTORS.length - 1),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function perform(world: World, { kind, namespace, name, what, choice }: Step): void {
  const resource = kind === 'pod' ? pods : podDisruptionBudgets;
  const metadata = { name, namespace };
  const there = world.get<object>(resource, namespace, name);
  if (what === 'delete') {
    if (there) world.delete(resource, { metadata }, { gracePeriodSeconds: 0 });
  } else if (kind === 'pod') {
    const labels = LABELS[choice % LABELS.length];
    if (!there) world.create(pods, { metadata: { ...metadata, labels }, spec: podSpec() });
    else
      world.update(pods, { metadata }, (pod) => {
        metaOf(pod).labels = labels;
      });
  } else {
    const spec = { minAvailable: 1, selector: SELECTORS[choice] };
    if (!there) world.create(podDisruptionBudgets, { metadata, spec });
    else
      world.update(podDisruptionBudgets, { metadata }, (budget) => {
        budget.spec = spec;
      });
  }
}

test('whatever comes and goes, a budget has the pods of its namespace that its selector matches', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const budgeted = new BudgetedPods();
      const follower: Controller = {
        name: 'follower',
        watches: [
          watch(podDisruptionBudgets, (change, view) => {
            budgeted.budgetChanged(view, change);
            return [];
          }),
          watch(pods, (change) => budgeted.podChanged(change)),
        ],
        reconcile: () => [],
      };
      const world = new World([follower]);
      for (const next of steps) perform(world, next);
      for (const budget of world.list(podDisruptionBudgets)) {
        const expected = world
          .list(pods, metaOf(budget).namespace)
          .filter((pod) => matchesLabelSelector(budget.spec?.selector, metaOf(pod).labels));
        expect(names(budgeted.podsOf(world, budget))).toEqual(names(expected));
      }
    }),
  );
});
