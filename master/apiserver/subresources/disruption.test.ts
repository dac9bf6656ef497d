import { expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import { ApiError } from '../../../api/meta/errors.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../../api/policy/pod-disruption-budget.ts';
import { grantDisruption, hasEnded, isBeyondBudgets, type Obstacle, obstacleOf } from './disruption.ts';

const NOW = '2030-01-01T00:00:00Z';
const CAUSE = 'DisruptionBudget';

const pod = (phase: string, ready = false): Pod => ({
  metadata: { name: 'p' },
  status: { phase: phase as 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const budget = (
  status: PodDisruptionBudgetStatus,
  unhealthyPodEvictionPolicy?: 'AlwaysAllow' | 'IfHealthyBudget',
): PodDisruptionBudget => ({
  metadata: { name: 'web', generation: 2 },
  spec: { unhealthyPodEvictionPolicy },
  status: { observedGeneration: 2, ...status },
});

test.each<[string, boolean, boolean]>([
  ['Running', false, false],
  ['Unknown', false, false],
  ['Pending', false, true],
  ['Succeeded', true, true],
  ['Failed', true, true],
])('a pod that is %s', (phase, ended, beyond) => {
  expect([hasEnded(pod(phase)), isBeyondBudgets(pod(phase))]).toEqual([ended, beyond]);
  const leaving = { ...pod(phase), metadata: { name: 'p', deletionTimestamp: NOW } };
  expect([hasEnded(leaving), isBeyondBudgets(leaving)]).toEqual([true, true]);
});

const HEALTHY = { currentHealthy: 2, desiredHealthy: 2 };
test.each<[string, Pod, PodDisruptionBudget | undefined, Obstacle]>([
  ['no budget', pod('Running', true), undefined, 'nothing'],
  ['a ready pod', pod('Running', true), budget(HEALTHY), 'budget'],
  ['a ready pod, whatever is said of unready ones', pod('Running', true), budget(HEALTHY, 'AlwaysAllow'), 'budget'],
  ['an unready pod of a healthy application', pod('Running'), budget(HEALTHY), 'unready'],
  ['the same, said', pod('Running'), budget(HEALTHY, 'IfHealthyBudget'), 'unready'],
  ['an unready pod of an unhealthy one', pod('Running'), budget({ ...HEALTHY, currentHealthy: 1 }), 'budget'],
  [
    'the same, always allowed',
    pod('Running'),
    budget({ currentHealthy: 1, desiredHealthy: 2 }, 'AlwaysAllow'),
    'unready',
  ],
  [
    'an unready pod where nothing need be up',
    pod('Running'),
    budget({ currentHealthy: 0, desiredHealthy: 0 }),
    'budget',
  ],
  ['an unready pod of a budget without figures', pod('Running'), budget({}), 'budget'],
])('what is in the way: %s', (_, one, by, expected) => {
  expect(obstacleOf(one, by)).toBe(expected);
});

test('a grant is written down and leaves one less', () => {
  const before = { disruptionsAllowed: 2, currentHealthy: 4, desiredHealthy: 2, disruptedPods: { old: NOW } };
  expect(grantDisruption(budget(before), 'p', NOW)).toEqual({
    ...{ ...before, observedGeneration: 2 },
    ...{ disruptionsAllowed: 1, disruptedPods: { old: NOW, p: NOW } },
  });
});

test('the last one closes the budget', () => {
  const condition = { type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods', message: '' } as const;
  const before = { disruptionsAllowed: 1, conditions: [{ ...condition, lastTransitionTime: '2029-01-01T00:00:00Z' }] };
  const after = grantDisruption(budget(before), 'p', NOW);
  expect(after.disruptionsAllowed).toBe(0);
  expect(after.conditions).toEqual([
    {
      ...{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '' },
      ...{ observedGeneration: 2, lastTransitionTime: NOW },
    },
  ]);
});

const closed = (reason: string, message: string): PodDisruptionBudgetStatus['conditions'] => [
  { type: 'DisruptionAllowed', status: 'False', reason, message, lastTransitionTime: NOW },
];
const many = Object.fromEntries(Array.from({ length: 2001 }, (_, index) => [`p${index}`, NOW]));
test.each<[string, PodDisruptionBudgetStatus, number, string, string | undefined]>([
  [
    'none left',
    { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2 },
    429,
    'The disruption budget web needs 2 healthy pods and has 1 currently',
    undefined,
  ],
  [
    'figures that could not be worked out',
    { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2, conditions: closed('SyncFailed', 'no scale') },
    429,
    'The disruption budget web does not allow evicting pods currently because it failed sync: no scale',
    undefined,
  ],
  [
    'none left though all are up',
    { disruptionsAllowed: 0, currentHealthy: 3, desiredHealthy: 2, conditions: closed('Odd', 'why') },
    429,
    'The disruption budget web does not allow evicting pods currently (Odd): why',
    undefined,
  ],
  [
    'the same, unexplained',
    { disruptionsAllowed: 0, currentHealthy: 3, desiredHealthy: 2 },
    429,
    'The disruption budget web does not allow evicting pods currently',
    undefined,
  ],
  [
    'old figures',
    { disruptionsAllowed: 5, observedGeneration: 1 },
    429,
    'The disruption budget web is still being processed by the server.',
    '10',
  ],
  ['figures below zero', { disruptionsAllowed: -1 }, 403, 'pdb disruptions allowed is negative', undefined],
  [
    'too many grants',
    { disruptionsAllowed: 5, disruptedPods: many },
    403,
    'DisruptedPods map too big - too many evictions not confirmed by PDB controller',
    undefined,
  ],
])('refused: %s', (_, status, code, why, retryAfter) => {
  const grant = () => grantDisruption(budget(status), 'p', NOW);
  expect(grant).toThrow(ApiError);
  try {
    grant();
  } catch (error) {
    const { status: told } = error as ApiError;
    expect(told.code).toBe(code);
    expect(told.details?.retryAfterSeconds?.toString()).toBe(retryAfter);
    if (code === 403) return expect(told.message).toBe(`poddisruptionbudget.policy "web" is forbidden: ${why}`);
    expect(told.message).toBe("Cannot evict pod as it would violate the pod's disruption budget.");
    expect(told.details?.causes).toEqual([{ reason: CAUSE, message: why }]);
  }
});
