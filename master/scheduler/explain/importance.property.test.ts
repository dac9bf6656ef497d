import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import { defaultSchedulingPolicy } from '../../../api/stowage/scheduling-policy.ts';
import { budgetOf, nodeOf, type PodTraits, podOf } from '../preemption.fixture.ts';
import { Scheduler } from '../scheduler.ts';

/** What random cells are made of. Few priorities, so that many are equal. */
interface Cell {
  readonly nodes: readonly number[];
  readonly residents: readonly (Required<Pick<PodTraits, 'cpu' | 'priority' | 'leaving'>> & {
    node: number;
    app: string;
  })[];
  readonly pod: { cpu: string; priority: number; isNever: boolean };
  readonly allowed: number;
}

const priority = fc.constantFrom(-1_000_000, -5, 0, 1, 7, 100_000, 1_000_000, 10_000_000, 950_000_000);
const cpu = fc.constantFrom('1', '2', '3');
const cell: fc.Arbitrary<Cell> = fc.record({
  nodes: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  residents: fc.array(
    fc.record({
      cpu,
      priority,
      node: fc.nat(3),
      app: fc.constantFrom('web', 'db'),
      leaving: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
    { maxLength: 10 },
  ),
  pod: fc.record({ cpu, priority, isNever: fc.boolean() }),
  allowed: fc.nat(2),
});

test('who would have to go for a more important pod is who has to when it is', () => {
  let proven = 0;
  fc.assert(
    fc.property(cell, (given) => {
      const pod = podOf('late', {
        ...given.pod,
        spec: given.pod.isNever ? { preemptionPolicy: 'Never' } : {},
      });
      const { remedies } = told(given, pod).why(pod, 0);
      for (const { text } of remedies) {
        const match = CLAIM.exec(text);
        if (!match) continue;
        const { victims = '', node, condition = '' } = match.groups!;
        const count = [...victims.matchAll(/\d+/g)].reduce((sum, [number]) => sum + Number(number), 0);
        const changed = { ...pod, spec: asSaid(condition, pod.spec!) };
        const decisions = told(given, changed).decide(0, 100);
        const evicted = decisions.filter(({ type }) => type === 'evict');
        expect(
          decisions.find(({ type }) => type === 'nominate'),
          text,
        ).toMatchObject({ nodeName: node });
        expect(evicted.length, text).toBe(count);
        expect(text.includes('disruption budget'), text).toBe(isBroken(given, evicted));
        proven++;
      }
    }),
    { numRuns: 2000 },
  );
  expect(proven).toBeGreaterThan(200);
});

const CLAIM =
  /^would preempt (?<victims>\d+ \w+ pods?(?: and \d+ \w+ pods?)*) on (?<node>\S+) (?<condition>if .*?)(?:, but .*)?$/;
const BANDS = defaultSchedulingPolicy().bands;

/** What the pod would be. */
function asSaid(condition: string, spec: PodSpec): PodSpec {
  const willing = condition.includes('Never') ? { ...spec, preemptionPolicy: 'PreemptLowerPriority' as const } : spec;
  const exactly = /priority (?:were|of) (-?\d+)/.exec(condition);
  if (exactly) return { ...willing, priority: Number(exactly[1]) };
  const band = /in the (\w+) band/.exec(condition);
  return band ? { ...willing, priority: BANDS.find(({ name }) => name === band[1])!.minPriority } : willing;
}

function told({ nodes, residents, allowed }: Cell, pod: Pod): Scheduler {
  const scheduler = new Scheduler();
  nodes.forEach((cores, index) => {
    scheduler.setNode(nodeOf(`n${index}`, { cpu: String(cores) }));
  });
  scheduler.setBudget(budgetOf('webs', { app: 'web' }, allowed));
  residents.forEach(({ node, app, ...traits }, index) => {
    scheduler.setPod(podOf(`r${index}`, { ...traits, nodeName: `n${node % nodes.length}`, labels: { app } }));
  });
  scheduler.setPod(pod);
  return scheduler;
}

const isBroken = ({ allowed }: Cell, evicted: readonly object[]): boolean =>
  evicted.filter((decision) => 'pod' in decision && (decision.pod as Pod).metadata?.labels?.app === 'web').length >
  allowed;
