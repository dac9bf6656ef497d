import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import type { PodSpec } from '../../../api/core/pod-spec.ts';
import type { Explanation } from '../explanation.ts';
import { Drive } from '../reference/drive.fixture.ts';
import { feasibleNodes, referenceFeasible } from '../reference/feasible.fixture.ts';
import { type History, history } from '../reference/random-steps.fixture.ts';
import { nameOf, type ReferenceWorld } from '../reference/world.fixture.ts';
import { carryOut } from './carry-out-remedy.fixture.ts';

const SMALL = { nodes: 7, templates: 6, steps: 60 };

describe('what is said of a pod that is pending, whatever happened in the cell', () => {
  test('each remedy, carried out to the letter, opens just as many nodes as it says', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(history(SMALL), (whole) => {
        for (const { world, pod, explanation } of pendingAfter(whole))
          for (const { text, nodes } of explanation.remedies) {
            if (!text.startsWith('fits on') || text.includes(' when ')) continue;
            const outcome = carryOut(text, { world, pod });
            const open = feasibleNodes(outcome.world, outcome.pod).map(nameOf);
            expect(open.length, `${text}, of ${JSON.stringify(pod.spec)}: open are ${open}`).toBe(nodes);
            if (outcome.node) expect(open).toEqual([outcome.node]);
            expect(placedIn(outcome.world, whole, outcome.pod), text).toBe(true);
            const kind = outcome.kinds.length > 1 ? 'several' : outcome.kinds[0]!;
            seen.set(kind, (seen.get(kind) ?? 0) + 1);
          }
      }),
      { numRuns: RUNS },
    );
    // Or this would prove nothing.
    for (const kind of KINDS) expect(seen.get(kind) ?? 0, `remedies of the kind ${kind}`).toBeGreaterThan(0);
  });

  test('where something simple would help, something is said that would', () => {
    fc.assert(
      fc.property(history(SMALL), (whole) => {
        for (const { world, pod, explanation } of pendingAfter(whole)) {
          if (explanation.remedies.length > 0) continue;
          for (const change of SIMPLE) {
            const changed = { ...pod, spec: change(pod.spec!) };
            expect(feasibleNodes(world, changed).map(nameOf), JSON.stringify(changed.spec)).toEqual([]);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('every node is accounted for, and the nearest lacks something', () => {
    fc.assert(
      fc.property(history(SMALL), (whole) => {
        for (const { world, pod, explanation } of pendingAfter(whole)) {
          // Of several things that are wrong with volumes the reference tells one.
          if (pod.spec?.volumes) continue;
          const verdicts = referenceFeasible(world, pod);
          expect(explanation.nodes).toBe(verdicts.length);
          for (const { reason, nodes } of explanation.reasons) {
            const refusing = verdicts.filter(({ refusals }) => refusals.includes(reason));
            expect(nodes, `${reason} of ${pod.metadata?.name}`).toBeLessThanOrEqual(refusing.length);
          }
          const counted = explanation.reasons.reduce((sum, { nodes }) => sum + nodes, 0);
          expect(counted).toBeGreaterThanOrEqual(verdicts.length);
          if (explanation.nearest) expect(explanation.nearest.lacks).not.toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

const RUNS = 250;
/** Those that random cells bring about often; the others have tables (explainer.test.ts). */
const KINDS = ['amount', 'tolerated', 'nodeAffinity', 'label', 'ports', 'company', 'several'];

/** Changes that are simple enough for nobody to forgive it when one that does it alone is not mentioned. */
const SIMPLE: readonly ((spec: PodSpec) => PodSpec)[] = [
  (spec) => ({ ...spec, tolerations: [{ operator: 'Exists' }] }),
  ({ nodeSelector: _, ...spec }) => spec,
  (spec) => ({ ...spec, affinity: { ...spec.affinity, podAffinity: undefined } }),
  (spec) => ({ ...spec, affinity: { ...spec.affinity, podAntiAffinity: undefined } }),
];

interface Waiting {
  readonly world: ReferenceWorld;
  readonly pod: Pod;
  readonly explanation: Explanation;
}

function pendingAfter(whole: History): Waiting[] {
  const drive = new Drive(whole, () => false).run(whole.steps);
  drive.settle();
  const { world } = drive.model;
  return drive.model
    .in('pending')
    .filter(isDistinct)
    .map((pod) => ({ world, pod, explanation: drive.scheduler.why(pod, drive.nowMs) }))
    .filter(({ explanation: { state } }) => state === 'pending');
}

/** The API refuses a pod that is spread twice by one key in the same way: words could not tell which is meant. */
function isDistinct({ spec }: Pod): boolean {
  const keys = spec?.topologySpreadConstraints?.map((one) => `${one.whenUnsatisfiable} ${one.topologyKey}`) ?? [];
  return new Set(keys).size === keys.length;
}

/** By a scheduler that has never heard of any of it. */
function placedIn(world: ReferenceWorld, { templates }: History, pod: Pod): boolean {
  const { namespaces, nodes, volumes, claims, classes, csiNodes } = world;
  const fresh = new Drive(
    { namespaces, nodes, templates, storage: { volumes, claims, classes, csiNodes }, steps: [] },
    () => false,
  );
  for (const other of world.pods) if (other.spec?.nodeName) fresh.tell(other);
  fresh.tell(pod);
  return fresh.decide()?.type === 'bind';
}
